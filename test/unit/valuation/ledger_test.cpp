#include "unit/valuation/portfolio.hpp"

#include <algorithm>

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

auto const today = day("2024-12-31");

Ledger replayed(std::vector<Trade> const& trades, std::vector<Split> const& splits = {}) {
    return replay(trades, splits, today);
}

std::string held(Ledger const& ledger, int asset_id = 1) {
    return ledger.find(asset_id)->held.to_text();
}

std::string cost(Ledger const& ledger, int asset_id = 1) {
    return plain(ledger.find(asset_id)->cost());
}

} // namespace

TEST_CASE("buys cost their fee and sales bring theirs less, each at its day's rate") {
    auto const ledger = replayed({buy("2024-01-01", {"10", "100", "5", "1.5"}),
                                  sell("2024-02-01", {"4", "120", "2", "1.25"})});
    CHECK(plain(ledger.totals.invested) == "1507.5");
    CHECK(plain(ledger.totals.proceeds) == "597.5");
    CHECK(plain(ledger.totals.fees) == "10");
    CHECK(plain(ledger.totals.realized) == "-5.5"); // 597.5 - 1507.5 × 4 / 10
    CHECK(cost(ledger) == "904.5");
    CHECK(ledger.totals.complete);
}

TEST_CASE("a sale leaves the average, and the next buy is averaged with what is left") {
    auto const ledger = replayed({buy("2024-01-01", {"10", "10"}), buy("2024-01-02", {"10", "20"}),
                                  sell("2024-01-03", {"5", "99"}), buy("2024-01-04", {"5", "35"})});
    CHECK(held(ledger) == "20.000000000000");
    CHECK(cost(ledger) == "400"); // 15 at 15, 5 at 35
    CHECK(plain(ledger.totals.realized) == "420");
}

TEST_CASE("closing takes all of the cost, and buying again starts anew") {
    auto const ledger =
        replayed({buy("2024-01-01", {"3", "0.333333333333", "0.1"}), sell("2024-01-02", {"1", "1"}),
                  sell("2024-01-03", {"2", "1"}), buy("2024-01-04", {"1", "7"})});
    CHECK(plain(ledger.totals.realized) == "1.900000000001");
    CHECK(cost(ledger) == "7");
}

TEST_CASE("a closed position has no cost left") {
    auto const ledger = replayed({buy("2024-01-01", {"3", "1"}), sell("2024-01-02", {"3", "1"})});
    CHECK(held(ledger) == "0.000000000000");
    CHECK(cost(ledger) == "0");
}

TEST_CASE("a sale in several parts realizes what the sale in one does, to the last digit") {
    auto const bought = buy("2024-01-01", {"7", "10", "0.01", "1.1"});
    auto const whole = replayed({bought, sell("2024-01-02", {"4", "11"})});
    auto const parts =
        replayed({bought, sell("2024-01-02", {"1", "11"}), sell("2024-01-03", {"2.5", "11"}),
                  sell("2024-01-04", {"0.5", "11"})});
    CHECK(parts.totals.realized == whole.totals.realized);
    CHECK(parts.find(1)->cost() == whole.find(1)->cost());
}

TEST_CASE("within one timestamp buys count before sales, whatever the order of arrival") {
    std::vector trades{sell("2024-01-02 10:00:00", {"6", "9"}),
                       buy("2024-01-02 10:00:00", {"5", "14"}), buy("2024-01-01", {"5", "10"}),
                       sell("2024-01-02 10:00:00", {"1", "9"})};
    std::ranges::sort(trades, {}, &Trade::quantity);
    auto const expected = replayed(trades);
    CHECK(plain(expected.totals.realized) == "-21"); // 7 × (9 - 12)
    while (std::ranges::next_permutation(trades, {}, &Trade::quantity).found) {
        CHECK(replayed(trades).totals.realized == expected.totals.realized);
        CHECK(cost(replayed(trades)) == "36");
    }
}

TEST_CASE("a split multiplies what is held before its day and leaves the cost") {
    auto const ledger =
        replayed({buy("2024-01-01", {"10", "100"}), sell("2024-03-01", {"5", "60"})},
                 {split("2024-03-01", "2", "1")});
    CHECK(held(ledger) == "15.000000000000");
    CHECK(cost(ledger) == "750");
    CHECK(plain(ledger.totals.realized) == "50");
}

TEST_CASE("the last second before the ex-date is before the split, its midnight is after") {
    auto const trades = std::vector{buy("2024-02-29 23:59:59", {"1", "10"}),
                                    buy("2024-03-01 00:00:00", {"1", "10"})};
    CHECK(held(replayed(trades, {split("2024-03-01", "3", "1")})) == "4.000000000000");
}

TEST_CASE("splits take effect in the order of their days and only once their day has come") {
    auto const trades = std::vector{buy("2020-01-01", {"10", "100"})};
    auto const splits = std::vector{split("2022-01-01", "1", "3"), split("2021-01-01", "2", "1"),
                                    split("2025-01-01", "5", "1")};
    CHECK(held(replayed(trades, splits)) == "6.666666666667");
    CHECK(cost(replayed(trades, splits)) == "1000");
    CHECK(held(replay(trades, splits, day("2025-01-01"))) == "33.333333333335");
}

TEST_CASE("a split turns the last trade's price into today's units") {
    auto const ledger = replayed({buy("2024-01-01", {"10", "100"})},
                                 {split("2024-03-01", "2", "1"), split("2024-04-01", "1", "4", 2)});
    CHECK(text(ledger.find(1)->last_trade_price) == "50.000000000000");
}

TEST_CASE("a split before the first buy or of another asset changes nothing") {
    auto const ledger = replayed({buy("2024-02-01", {"10", "100"})},
                                 {split("2024-01-01", "2", "1"), split("2024-03-01", "2", "1", 7)});
    CHECK(held(ledger) == "10.000000000000");
}

TEST_CASE("the last trade's price is the last one above zero") {
    auto const ledger = replayed({buy("2024-01-01", {"1", "5"}), sell("2024-02-01", {"1", "8"}),
                                  buy("2024-03-01", {"1", "0"})});
    CHECK(text(ledger.find(1)->last_trade_price) == "8.000000000000");
    CHECK(text(replayed({buy("2024-03-01", {"1", "0"})}).find(1)->last_trade_price) == "undefined");
}

TEST_CASE("assets are kept apart") {
    auto const ledger =
        replayed({buy("2024-01-02", {"1", "5", "0", "1", 9}), buy("2024-01-01", {"2", "7"}),
                  sell("2024-01-03", {"1", "6", "0", "1", 9})});
    CHECK(held(ledger, 9) == "0.000000000000");
    CHECK(cost(ledger, 1) == "14");
    CHECK(ledger.find(5) == nullptr);
}

TEST_CASE(
    "trades without a rate are left out, and a cost they belong to is unknown until the close") {
    auto const unknown = buy("2024-01-02", {"1", "30", "1", ""});
    auto const ledger =
        replayed({buy("2024-01-01", {"1", "10"}), unknown, sell("2024-01-03", {"1", "25", "1"})});
    CHECK(plain(ledger.totals.invested) == "10");
    CHECK(plain(ledger.totals.proceeds) == "24");
    CHECK(plain(ledger.totals.realized) == "0");
    CHECK(plain(ledger.totals.fees) == "1");
    CHECK(cost(ledger) == "unknown");
    CHECK_FALSE(ledger.totals.complete);

    auto const anew = replayed({unknown, sell("2024-01-03", {"1", "25"}),
                                buy("2024-01-04", {"2", "3"}), sell("2024-01-05", {"1", "5"})});
    CHECK(plain(anew.totals.realized) == "2");
    CHECK(cost(anew) == "3");
}

TEST_CASE("a sale without a rate takes its cost away and realizes nothing") {
    auto const ledger =
        replayed({buy("2024-01-01", {"4", "10"}), sell("2024-01-02", {"1", "25", "0", ""})});
    CHECK(plain(ledger.totals.proceeds) == "0");
    CHECK(plain(ledger.totals.realized) == "0");
    CHECK(cost(ledger) == "30");
    CHECK_FALSE(ledger.totals.complete);
}

TEST_CASE("more sold than held is an error that names the asset and what to do") {
    CHECK_THROWS_WITH_AS(
        replayed({buy("2024-01-01", {"1", "10"}), sell("2024-01-02", {"2", "10"})}),
        "asset 1: 2.000000000000 sold with 1.000000000000 held; the trades were changed past the "
        "database's triggers: mend them",
        CannotValue);
}
