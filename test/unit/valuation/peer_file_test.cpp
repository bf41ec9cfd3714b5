#include "unit/valuation/peer_comparison.hpp"

/// Every case of cases/peer_cases.json, numbers from other trackers' own tests, through this core.
namespace portfoliod::valuation::test {

namespace {

/// Of the file's first edition; with these not read the mapping proves nothing.
constexpr std::size_t least_compared = 51;

} // namespace

TEST_CASE("every case of other trackers' own tests has their figures") {
    auto const path = std::filesystem::path{PROJECT_DIR} / "../shared/cases/peer_cases.json";
    if (!std::filesystem::exists(path)) {
        MESSAGE("skipped: no cases/peer_cases.json beside the project");
        return;
    }
    CoreBooks books;
    std::size_t compared = 0;
    auto const file = read_peer_cases(path);
    for (auto const& element : file.at("cases").as_array()) {
        auto const& peer = element.as_object();
        std::string const id{peer.at("id").as_string()};
        CAPTURE(id);
        if (peer_cases_by_hand().contains(id)) {
            ++compared;
            continue;
        }
        if (auto const reason = why_skipped(peer); !reason.empty()) {
            MESSAGE(id, ": skipped: ", reason);
            continue;
        }
        std::size_t figures = 0;
        CHECK_NOTHROW(figures = compare_case(peer, books));
        CHECK_MESSAGE(figures > 0, "none of its figures was compared: skip it with a reason");
        if (figures > 0) ++compared;
    }
    CHECK(compared >= least_compared);
}

TEST_CASE("pp-transfers-do-not-change-twr: the index is that of the returns, whatever is paid in "
          "or out") {
    // Thousandths; returns so far, and what is moved on each day.
    std::vector const returns{0, 23, 43, 20, 50, 80, 100, 40, -50};
    std::vector<std::string> const transfers{"10000", "0",    "200",      "-400", "0",
                                             "0",     "5400", "-3697.04", "0"};
    DayBefore with;
    DayBefore without;
    for (std::size_t i = 0; i < returns.size(); ++i) {
        auto const grown = Index::from_units((1000 + returns[i]) * units::Narrow{1'000'000'000});
        auto const before =
            i == 0 ? Index::parse("1")
                   : Index::from_units((1000 + returns[i - 1]) * units::Narrow{1'000'000'000});
        auto const move = [&](DayBefore& day, std::string const& text) {
            auto const transfer = Money::parse(text);
            DayFlows flows;
            (transfer < Money{} ? flows.outflow : flows.inflow) = magnitude(transfer);
            // The start of the day grows as told; what goes out goes at its end.
            auto const end = proportion(day.value + flows.inflow, grown, before) - flows.outflow;
            day = {.value = end, .index = chained(day, flows, end, true)};
        };
        move(with, transfers[i]);
        move(without, i == 0 ? "10000" : "0");
        REQUIRE(with.index);
        CHECK(magnitude(*with.index - *without.index) <= Index::parse("0.000000000009"));
        CHECK(magnitude(*with.index - grown) <= Index::parse("0.000000000009"));
    }
}

TEST_CASE("wf-small-seed-then-large-deposit: the gain is measured on what was at work") {
    // 100 for a month, then 2000 more, of which 1820 buy what falls to 1809.16.
    auto const flows = DayFlows{.inflow = Money::parse("2000"), .outflow = {}};
    DayBefore const seed{.value = Money::parse("100")};
    auto const deposit = chained(seed, flows, Money::parse("2100"), true);
    CHECK(text(deposit) == "1.000000000000");
    auto const end = chained({.value = Money::parse("2100"), .index = deposit}, {},
                             Money::parse("2089.16"), true);
    CHECK(text(change(end, DayBefore::one())) == "-0.5162"); // -0.0051619
}

TEST_CASE("wf-negative-value-rejected: more sold than held is an error, not a negative value") {
    Portfolio portfolio;
    portfolio.trades = {buy("2026-04-01", {"1", "100"}), sell("2026-04-02", {"1.5", "100"})};
    portfolio.market.assets[1] = closes({{"2026-04-01", "100"}});
    CHECK_THROWS_AS(days_of(portfolio, "2026-04-01", "2026-04-02"), CannotValue);
}

} // namespace portfoliod::valuation::test
