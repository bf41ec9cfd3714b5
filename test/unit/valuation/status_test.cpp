#include "unit/valuation/portfolio.hpp"

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

auto const today = day("2024-12-31");

/// Ten of an asset in euro, of which everything is known and fresh.
Holding perfect() { return foreign(holding("10", close("20", "2024-12-31")), "1.1", "2024-12-31"); }

Status status(Holding const& held, std::string_view rate_of_buy = "1.2") {
    std::vector const trades{buy("2024-01-01", {"10", "15", "0", rate_of_buy})};
    return figures_of(std::vector{held}, trades, {}, today).status;
}

} // namespace

TEST_CASE("with fresh final closes and rates the figures are final") {
    CHECK(status(perfect()) == Status::final);
}

TEST_CASE("a close is stale when more than seven days old") {
    auto held = perfect();
    held.close = close("20", "2024-12-24");
    CHECK(status(held) == Status::final);
    held.close = close("20", "2024-12-23");
    CHECK(status(held) == Status::stale);
}

TEST_CASE("a rate is stale when more than seven days old, but that of the dollar has no age") {
    CHECK(status(foreign(perfect(), "1.1", "2024-12-24")) == Status::final);
    CHECK(status(foreign(perfect(), "1.1", "2024-12-23")) == Status::stale);
    CHECK(status(holding("10", close("20", "2024-12-31"))) == Status::final);
}

TEST_CASE("a trade's price, a provisional close and pending history are each an estimate") {
    auto held = perfect();
    held.close.reset();
    CHECK(status(held) == Status::estimated);
    held = perfect();
    held.close = Close{.price = Price::parse("20"), .day = today, .provisional = true};
    CHECK(status(held) == Status::estimated);
    held = perfect();
    held.history_pending = true;
    CHECK(status(held) == Status::estimated);
}

TEST_CASE("a holding or a trade without a rate is incomplete") {
    auto held = perfect();
    held.rate.reset();
    CHECK(status(held) == Status::incomplete);
    CHECK(status(perfect(), "") == Status::incomplete);
}

TEST_CASE("the worst status wins") {
    auto held = foreign(perfect(), "1.1", "2024-01-01"); // stale
    held.history_pending = true;                         // and an estimate
    CHECK(status(held) == Status::estimated);
    CHECK(status(held, "") == Status::incomplete);
}

TEST_CASE(
    "a position of quantity zero does not count, unless rates of its trades are on their way") {
    Holding closed{
        .asset_id = 1, .quantity = {}, .close = {}, .rate = {}, .history_pending = false};
    std::vector const trades{buy("2024-01-01", {"10", "15", "0", "1.2"}),
                             sell("2024-02-01", {"10", "15", "0", "1.2"})};
    CHECK(figures_of(std::vector{closed}, trades, {}, today).status == Status::final);
    closed.history_pending = true;
    CHECK(figures_of(std::vector{closed}, trades, {}, today).status == Status::estimated);
}

TEST_CASE("the status of several holdings is that of the worst") {
    auto old = holding("1", close("5", "2023-01-01"), 2);
    std::vector const trades{buy("2024-01-01", {"10", "15", "0", "1.2"}),
                             buy("2024-01-01", {"1", "5", "0", "1", 2})};
    auto const result = figures_of(std::vector{perfect(), old}, trades, {}, today);
    CHECK(result.status == Status::stale);
    CHECK(std::string{to_text(result.status)} == "stale");
}
