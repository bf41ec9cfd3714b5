#include "unit/valuation/portfolio.hpp"

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

auto const today = day("2024-12-31");

Figures figures(std::vector<Holding> const& holdings, std::vector<Trade> const& trades,
                std::vector<Split> const& splits = {}) {
    return figures_of(holdings, trades, splits, today);
}

} // namespace

TEST_CASE("a portfolio without trades has zero amounts and undefined percentages") {
    auto const empty = figures({}, {});
    CHECK(empty.current_value_usd == Cents{});
    CHECK(empty.total_invested_usd == Cents{});
    CHECK(text(empty.total_return_pct) == "undefined");
    CHECK(text(empty.priced_share_pct) == "undefined");
    CHECK(empty.status == Status::final);
}

TEST_CASE("value, gains, fees and return of a bought, partly sold and still held asset") {
    auto const result =
        figures({holding("6", close("130", "2024-12-31"))},
                {buy("2024-01-01", {"10", "100", "5"}), sell("2024-06-01", {"4", "120", "2"})});
    CHECK(result.current_value_usd.to_text() == "780.00");
    CHECK(result.total_invested_usd.to_text() == "1005.00");
    CHECK(result.realized_gain_usd.to_text() == "76.00");
    CHECK(result.unrealized_gain_usd.to_text() == "177.00");
    CHECK(result.fees_usd.to_text() == "7.00");
    CHECK(text(result.total_return_pct) == "25.1741");
    CHECK(text(result.priced_share_pct) == "100.0000");
}

TEST_CASE("what was sold out keeps its gain and return, and has no share to speak of") {
    auto const result = figures({holding("0")}, {buy("2024-01-01", {"2", "142.9", "1.55"}),
                                                 sell("2024-02-01", {"2", "136.6", "1.65"})});
    CHECK(result.current_value_usd.to_text() == "0.00");
    CHECK(result.realized_gain_usd.to_text() == "-15.80");
    CHECK(result.unrealized_gain_usd.to_text() == "0.00");
    CHECK(text(result.total_return_pct) == "-5.4985");
    CHECK(text(result.priced_share_pct) == "undefined");
    CHECK(result.status == Status::final);
}

TEST_CASE("the rate of today turns a price into dollars, the rate of its day a trade") {
    auto const result =
        figures({foreign(holding("10", close("20", "2024-12-31")), "1.1", "2024-12-31")},
                {buy("2024-01-01", {"10", "15", "0", "1.25"})});
    CHECK(result.current_value_usd.to_text() == "220.00");
    CHECK(result.total_invested_usd.to_text() == "187.50");
    CHECK(result.unrealized_gain_usd.to_text() == "32.50");
    CHECK(text(result.total_return_pct) == "17.3333");
}

TEST_CASE("without a close the last trade's price serves, in today's units, and says so") {
    auto const result = figures({holding("20")}, {buy("2024-01-01", {"10", "100"})},
                                {split("2024-06-01", "2", "1")});
    CHECK(result.current_value_usd.to_text() == "1000.00");
    CHECK(text(result.priced_share_pct) == "0.0000");
    CHECK(result.status == Status::estimated);
}

TEST_CASE("without any price the value is zero and estimated") {
    auto const result = figures({holding("5")}, {buy("2024-01-01", {"5", "0", "10"})});
    CHECK(result.current_value_usd.to_text() == "0.00");
    CHECK(text(result.total_return_pct) == "-100.0000");
    CHECK(text(result.priced_share_pct) == "undefined");
    CHECK(result.status == Status::estimated);
}

TEST_CASE("the priced share is the part of the value that rests on closes") {
    auto const result =
        figures({holding("1", close("300", "2024-12-31")), holding("1", {}, 2)},
                {buy("2024-01-01", {"1", "1"}), buy("2024-01-01", {"1", "100", "0", "1", 2})});
    CHECK(result.current_value_usd.to_text() == "400.00");
    CHECK(text(result.priced_share_pct) == "75.0000");
}

TEST_CASE("a price below zero counts with its size in the priced share") {
    auto const result =
        figures({holding("1", close("-30", "2024-12-31")), holding("1", {}, 2)},
                {buy("2024-01-01", {"1", "1"}), buy("2024-01-01", {"1", "90", "0", "1", 2})});
    CHECK(result.current_value_usd.to_text() == "60.00");
    CHECK(text(result.priced_share_pct) == "25.0000");
}

TEST_CASE("nothing invested leaves the return undefined, not infinite") {
    auto const result = figures({holding("0.000000329", close("150", "2024-12-31"))},
                                {buy("2024-01-01", {"0.000000329", "0"})});
    CHECK(result.total_invested_usd == Cents{});
    CHECK(text(result.total_return_pct) == "undefined");
    CHECK_FALSE(result.percentage_too_large);
}

TEST_CASE("a holding without a rate is left out of the value and of the gains") {
    auto lost = holding("10", close("20", "2024-12-31"), 2);
    lost.rate.reset();
    auto const result =
        figures({holding("1", close("7", "2024-12-31")), lost},
                {buy("2024-01-01", {"1", "5"}), buy("2024-01-01", {"10", "15", "0", "1.25", 2})});
    CHECK(result.current_value_usd.to_text() == "7.00");
    CHECK(result.total_invested_usd.to_text() == "192.50");
    CHECK(result.unrealized_gain_usd.to_text() == "2.00");
    CHECK(text(result.total_return_pct) == "undefined");
    CHECK(text(result.priced_share_pct) == "undefined");
    CHECK_FALSE(result.percentage_too_large);
    CHECK(result.status == Status::incomplete);
}

TEST_CASE("a buy without a rate never makes the whole value look like a gain") {
    auto const result =
        figures({foreign(holding("10", close("20", "2024-12-31")), "1.1", "2024-12-31")},
                {buy("2024-01-01", {"10", "15", "0", ""})});
    CHECK(result.current_value_usd.to_text() == "220.00");
    CHECK(result.total_invested_usd.to_text() == "0.00");
    CHECK(result.unrealized_gain_usd.to_text() == "0.00");
    CHECK(result.status == Status::incomplete);
}

TEST_CASE("amounts are rounded once, after they are summed") {
    auto const result = figures(
        {holding("1", close("0.004", "2024-12-31")), holding("1", close("0.004", "2024-12-31"), 2)},
        {buy("2024-01-01", {"1", "0.0025"}), buy("2024-01-01", {"1", "0.0025", "0", "1", 2})});
    CHECK(result.current_value_usd.to_text() == "0.01");
    CHECK(result.total_invested_usd.to_text() == "0.01");
    CHECK(result.unrealized_gain_usd.to_text() == "0.00");
    CHECK(text(result.total_return_pct) == "60.0000");
}

TEST_CASE("a return beyond NUMERIC(14,4) is undefined and flagged, and its neighbour is shown") {
    auto const at_price = [](char const* price) {
        return figures({holding("1", close(price, "2024-12-31"))},
                       {buy("2024-01-01", {"1", "0.0001"})});
    };
    auto const largest = at_price("10000.000099999949");
    CHECK(text(largest.total_return_pct) == "9999999999.9999");
    CHECK_FALSE(largest.percentage_too_large);
    auto const beyond = at_price("10000.00009999995");
    CHECK(text(beyond.total_return_pct) == "undefined");
    CHECK(beyond.percentage_too_large);
    CHECK(beyond.current_value_usd.to_text() == "10000.00");
}

TEST_CASE("an amount beyond its column throws and names the figure") {
    auto const value_of = [](char const* price) {
        return figures({holding("1", close(price, "2024-12-31"))}, {buy("2024-01-01", {"1", "1"})});
    };
    CHECK(value_of("9999999999999999.994").current_value_usd.to_text() == "9999999999999999.99");
    try {
        value_of("9999999999999999.995");
        FAIL("was accepted");
    } catch (AmountTooLarge const& error) {
        CHECK(error.figure() == "current_value_usd");
        CHECK(std::string{error.what()}.starts_with(
            "current_value_usd would be 9999999999999999.995"));
    }
}

TEST_CASE("even the largest trades end in an error for this portfolio alone") {
    Terms const most{"9999999999999999", "9999999999999999", "0", "999999999999"};
    CHECK_THROWS_AS(figures({}, {buy("2024-01-01", most)}), AmountTooLarge);
    CHECK_THROWS_AS(figures({}, std::vector(20'000, buy("2024-01-01", most))), CannotValue);
}
