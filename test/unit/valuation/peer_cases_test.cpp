#include "unit/valuation/portfolio.hpp"

/// Single facts from other trackers' own tests, by their name in cases/peer_cases.json, for a clone
/// without that file (peer_file_test.cpp reads all of it). Their base currency plays the part of USD.
/// Only amounts, which mean the same everywhere; their percentages are of other methods.
using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

Figures figures(Holding const& held, std::vector<Trade> const& trades,
                std::vector<Split> const& splits = {}) {
    return figures_of(std::vector{held}, trades, splits, day("2024-12-31"));
}

} // namespace

TEST_CASE("gf-baln-buy: fees belong to what was paid") {
    auto const result = figures(holding("2", close("148.9", "2021-12-18")),
                                {buy("2021-11-30", {"2", "136.6", "1.55"})});
    CHECK(result.current_value_usd.to_text() == "297.80");
    CHECK(result.fees_usd.to_text() == "1.55");
    CHECK(result.unrealized_gain_usd.to_text() == "23.05");
}

TEST_CASE("gf-novn-buy-and-sell-out-of-order: a sale may be entered before its buy") {
    auto const result = figures(
        holding("0"), {sell("2022-04-08", {"2", "85.73"}), buy("2022-03-07", {"2", "75.8"})});
    CHECK(result.current_value_usd.to_text() == "0.00");
    CHECK(result.realized_gain_usd.to_text() == "19.86");
}

TEST_CASE("gf-manual-asset-no-prices: an asset nobody quotes is worth what was paid") {
    auto const result = figures(holding("1"), {buy("2022-01-01", {"1", "500000"})});
    CHECK(result.current_value_usd.to_text() == "500000.00");
    CHECK(text(result.total_return_pct) == "0.0000");
}

TEST_CASE("gf-split-with-provider-adjusted-prices: quantities are adjusted once, closes never") {
    std::vector const trades{buy("2023-07-09", {"10", "674.44"})};
    std::vector const splits{split("2023-07-10", "2", "1")};
    auto const result = figures(holding("20", close("331.83", "2023-07-10")), trades, splits);
    CHECK(result.current_value_usd.to_text() == "6636.60");
    CHECK(result.total_invested_usd.to_text() == "6744.40");
    CHECK(replay(trades, splits, day("2023-07-10")).find(1)->held == Quantity::parse("20"));
}

TEST_CASE("pp-cost-fifo-vs-average-2: cost and gains by moving average") {
    auto const result = figures(holding("146", close("100", "2013-03-01")),
                                {buy("2010-01-01", {"109", "28.891743119266"}),
                                 buy("2010-02-01", {"52", "32.402307692308"}),
                                 sell("2010-03-01", {"15", "35.433333333333"})});
    CHECK(result.realized_gain_usd.to_text() == "81.12");
    CHECK(result.unrealized_gain_usd.to_text() == "10216.26"); // 14600 - 4383.74
}

TEST_CASE("pp-fx-fifo-vs-average: each trade at its own rate, the rest at today's") {
    auto const result = figures(
        foreign(holding("100", close("80", "2024-12-31")), "0.8629616845012082", "2024-12-31"),
        {buy("2024-01-01", {"100", "50", "0", "0.9"}), buy("2024-02-01", {"50", "60", "0", "0.85"}),
         sell("2024-03-01", {"50", "70", "0", "0.88"})});
    CHECK(result.realized_gain_usd.to_text() == "730.00");
    CHECK(result.unrealized_gain_usd.to_text() == "2203.69");
}

TEST_CASE("pp-fees-taxes-in-trade-pnl: fees raise the cost and lower the proceeds") {
    auto const result =
        figures(holding("5", close("200", "2023-03-01")),
                {buy("2022-01-01", {"5", "100", "20"}), buy("2022-02-01", {"10", "100"}),
                 sell("2022-03-01", {"10", "150", "20"})});
    CHECK(result.realized_gain_usd.to_text() == "466.67");
    CHECK(result.unrealized_gain_usd.to_text() == "493.33");
}

TEST_CASE("wf-gbp-pence: a price in major units") {
    auto const result = figures(holding("17", close("149.06", "2024-01-10")),
                                {buy("2024-01-01", {"17", "140.82"})});
    CHECK(result.current_value_usd.to_text() == "2534.02");
    CHECK(result.total_invested_usd.to_text() == "2393.94");
    CHECK(result.unrealized_gain_usd.to_text() == "140.08");
}

TEST_CASE("wf-buy-fx-fee-capitalised: the fee is converted with its trade") {
    auto const ledger =
        replay(std::vector{buy("2023-01-03", {"10", "100", "10", "1.25"})}, {}, day("2024-12-31"));
    CHECK(plain(ledger.find(1)->cost()) == "1262.5");
}
