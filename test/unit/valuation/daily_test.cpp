#include "unit/valuation/days.hpp"

#include <algorithm>

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

/// Ten at 100 from 3 January on, closes on two days.
Portfolio ten() {
    Portfolio portfolio;
    portfolio.trades = {buy("2024-01-03 14:00:00", {"10", "100", "5"})};
    portfolio.market.assets[1] = closes({{"2024-01-02", "99"}, {"2024-01-04", "104"}});
    return portfolio;
}

std::vector<std::string> values(std::vector<KeptDay> const& days) {
    std::vector<std::string> values;
    for (auto const& day : days) values.push_back(plain(day.of.value));
    return values;
}

std::vector<std::string> indexes(std::vector<KeptDay> const& days) {
    std::vector<std::string> indexes;
    for (auto const& day : days) indexes.push_back(text(day.of.index));
    return indexes;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE(
    "every day of the range is handed out in order, with the last close of its day or before") {
    auto const days = days_of(ten(), "2024-01-02", "2024-01-05");
    CHECK(values(days) == Texts{"0", "990", "1040", "1040"});
    for (std::size_t i = 0; i < days.size(); ++i)
        CHECK(days[i].of.day == day("2024-01-02") + std::chrono::days{i});
    CHECK(days[0].positions.empty());
    REQUIRE(days[3].positions.size() == 1);
    auto const& held = days[3].positions[0];
    CHECK(held.asset_id == 1);
    CHECK(held.quantity == Quantity::parse("10"));
    CHECK(held.split_factor == SplitTerm::parse("1"));
    CHECK(held.price == Price::parse("104"));
    CHECK(held.price_day == day("2024-01-04"));
    CHECK(held.rate == Rate::parse("1"));
    CHECK(plain(held.value) == "1040");
}

TEST_CASE("a purchase and its fee are at work from the start of their day") {
    auto const days = days_of(ten(), "2024-01-02", "2024-01-05");
    CHECK(plain(days[1].of.flows.inflow) == "1005");
    CHECK(plain(days[1].of.flows.outflow) == "0");
    // 990 / 1005, × 1040 / 990, × 1
    CHECK(indexes(days) ==
          Texts{"1.000000000000", "0.985074626866", "1.034825870647", "1.034825870647"});
}

TEST_CASE("a sale leaves at the end of its day, less its fee") {
    auto portfolio = ten();
    portfolio.trades.push_back(sell("2024-01-04 09:00:00", {"4", "103", "2"}));
    auto const days = days_of(portfolio, "2024-01-03", "2024-01-04");
    CHECK(plain(days[1].of.value) == "624");
    CHECK(plain(days[1].of.flows.outflow) == "410");
    CHECK(text(days[1].of.index) == "1.028855721393"); // 0.985074626866 × (624 + 410) / 990
}

TEST_CASE("trades count on their UTC day, whatever their order") {
    auto portfolio = ten();
    portfolio.trades = {sell("2024-01-04 00:00:00", {"1", "100"}),
                        buy("2024-01-03 23:59:59", {"10", "100"})};
    CHECK(values(days_of(portfolio, "2024-01-03", "2024-01-04")) == Texts{"990", "936"});
}

TEST_CASE("within one timestamp buys count before sales") {
    auto portfolio = ten();
    portfolio.trades = {sell("2024-01-03", {"10", "100"}), buy("2024-01-03", {"10", "100"})};
    CHECK(values(days_of(portfolio, "2024-01-03", "2024-01-03")) == Texts{"0"});
}

TEST_CASE("trades before the first day are held on it and move nothing, those after the last are "
          "ignored") {
    auto portfolio = ten();
    portfolio.trades.push_back(buy("2024-01-06", {"5", "100"}));
    auto const days = days_of(portfolio, "2024-01-04", "2024-01-05");
    CHECK(values(days) == Texts{"1040", "1040"});
    CHECK(days[0].of.flows.inflow.is_zero());
}

TEST_CASE("a position starts from its opening") {
    auto portfolio = ten();
    portfolio.openings = replay(portfolio.trades, {}, day("2024-01-03")).checkpoints;
    portfolio.trades = {sell("2024-01-05", {"4", "104"})};
    CHECK(values(days_of(portfolio, "2024-01-04", "2024-01-05")) == Texts{"1040", "624"});
}

TEST_CASE("the splits that an opening has behind it are not counted again") {
    auto portfolio = ten();
    portfolio.splits = {split("2024-01-04", "2", "1"), split("2024-01-06", "3", "1")};
    portfolio.trades.push_back(buy("2024-01-04 10:00:00", {"1", "50"}));
    portfolio.openings = replay(portfolio.trades, portfolio.splits, day("2024-01-04")).checkpoints;
    portfolio.trades = {};
    auto const days = days_of(portfolio, "2024-01-05", "2024-01-06");
    CHECK(days[0].positions.at(0).quantity == Quantity::parse("21"));
    CHECK(days[1].positions.at(0).quantity == Quantity::parse("63"));
}

TEST_CASE("closes are in today's shares, so a day before a split is valued in these") {
    auto portfolio = ten();
    portfolio.splits = {split("2024-01-05", "2", "1"), split("2024-02-01", "1", "3")};
    auto const days = days_of(portfolio, "2024-01-04", "2024-01-05");
    auto const before = days[0].positions.at(0);
    CHECK(before.quantity == Quantity::parse("10"));
    CHECK(before.split_factor == SplitTerm::parse("0.666666666667"));
    CHECK(days[0].of.value.round_to<2>().to_text() == "693.33"); // 10 × 2/3 × 104
    auto const after = days[1].positions.at(0);
    CHECK(after.quantity == Quantity::parse("20"));
    CHECK(after.split_factor == SplitTerm::parse("0.333333333333"));
    CHECK(days[1].of.value == days[0].of.value);
    CHECK(days[1].of.index == days[0].of.index);
}

TEST_CASE("a split is exact even where its factor is not: a billion shares, split 1 : 3 and back") {
    auto portfolio = ten();
    portfolio.trades = {buy("2024-01-03", {"1000000000", "100"})};
    portfolio.splits = {split("2024-01-05", "1", "3"), split("2024-01-06", "3", "1")};
    CHECK(value_on(portfolio, "2024-01-04") == "104000000000");
}

TEST_CASE("a split after today has no effect on any day") {
    auto portfolio = ten();
    portfolio.splits = {split("2025-01-01", "2", "1")};
    CHECK(value_on(portfolio, "2024-01-04") == "1040");
}

TEST_CASE("a position that a split rounds to nothing is gone") {
    auto portfolio = ten();
    portfolio.trades = {buy("2024-01-03", {"0.000000000001", "100"})};
    portfolio.splits = {split("2024-01-05", "1", "3")};
    CHECK(day_of(portfolio, "2024-01-04").positions.size() == 1);
    CHECK(day_of(portfolio, "2024-01-05").positions.empty());
}

TEST_CASE("without a close the price is that of the last trade up to the day, in today's shares") {
    auto portfolio = ten();
    portfolio.market.assets[1] = closes({{"2024-01-08", "70"}});
    portfolio.trades.push_back(buy("2024-01-05", {"10", "0"}));
    portfolio.trades.push_back(sell("2024-01-07", {"1", "60"}));
    portfolio.splits = {split("2024-01-06", "2", "1")};
    auto const days = days_of(portfolio, "2024-01-02", "2024-01-08");
    CHECK(values(days) == Texts{"0", "1000", "1000", "2000", "2000", "2340", "2730"});
    CHECK(days[1].positions.at(0).price == Price::parse("50"));
    CHECK_FALSE(days[1].positions.at(0).price_day);
    CHECK(days[6].positions.at(0).price_day == day("2024-01-08"));
}

TEST_CASE("without any price at all the value is zero") {
    auto portfolio = ten();
    portfolio.market.assets[1].closes.clear();
    portfolio.trades = {buy("2024-01-03", {"10", "0"})};
    auto const days = days_of(portfolio, "2024-01-03", "2024-01-04");
    CHECK(values(days) == Texts{"0", "0"});
    CHECK(days[1].positions.size() == 1);
    CHECK(indexes(days) == Texts{"1.000000000000", "1.000000000000"});
}

TEST_CASE("each day has its own rate, and a currency's return is part of the index") {
    auto portfolio = ten();
    portfolio.trades = {buy("2024-01-03", {"10", "100", "0", "1.1"})};
    portfolio.market.assets[1] = closes({{"2024-01-03", "100"}}, "EUR");
    portfolio.market.currencies["EUR"] = rates({{"2024-01-03", "1.1"}, {"2024-01-05", "1.21"}});
    auto const days = days_of(portfolio, "2024-01-03", "2024-01-05");
    CHECK(values(days) == Texts{"1100", "1100", "1210"});
    CHECK(text(days[2].of.index) == "1.100000000000");
    CHECK(days[1].positions.at(0).rate == Rate::parse("1.1"));
}

TEST_CASE("what lacks a rate is in no value, and the index repeats until a day after a whole one") {
    auto portfolio = ten();
    portfolio.trades = {buy("2024-01-03", {"10", "100"}),
                        buy("2024-01-03", {"10", "100", "0", "1.1", 2})};
    portfolio.market.assets[2] = closes({{"2024-01-03", "100"}}, "EUR");
    portfolio.market.currencies["EUR"] = rates({{"2024-01-04", "1.1"}});
    portfolio.market.assets[1].closes.push_back(close("110", "2024-01-05"));
    auto const days = days_of(portfolio, "2024-01-03", "2024-01-05");
    CHECK(values(days) == Texts{"990", "2140", "2200"});
    CHECK_FALSE(days[0].of.complete);
    CHECK_FALSE(days[0].positions.at(1).rate);
    CHECK_FALSE(days[0].positions.at(1).value);
    CHECK(days[1].of.complete);
    CHECK(indexes(days) == Texts{"1.000000000000", "1.000000000000", "1.028037383178"});
}

TEST_CASE("a trade without its rate stops the index for its day alone") {
    auto portfolio = ten();
    portfolio.trades.push_back(buy("2024-01-04", {"10", "100", "0", ""}));
    portfolio.market.assets[1].closes.push_back(close("208", "2024-01-05"));
    auto const days = days_of(portfolio, "2024-01-03", "2024-01-05");
    CHECK(values(days) == Texts{"990", "2080", "4160"});
    CHECK_FALSE(days[1].of.flows.complete);
    CHECK(days[1].of.complete);
    CHECK(indexes(days) == Texts{"0.985074626866", "0.985074626866", "1.970149253732"});
}

TEST_CASE("an asset and a currency nobody has read are unknown, not worth their price in dollars") {
    auto portfolio = ten();
    portfolio.market.assets.clear();
    CHECK(value_on(portfolio, "2024-01-04") == "0");
    CHECK(status_on(portfolio, "2024-01-04") == Status::incomplete);
    portfolio.market.assets[1] = closes({{"2024-01-02", "99"}}, "EUR");
    CHECK(value_on(portfolio, "2024-01-04") == "0");
    CHECK(status_on(portfolio, "2024-01-04") == Status::incomplete);
}

TEST_CASE("everything sold: days with nothing, and the index goes on when bought again") {
    auto portfolio = ten();
    portfolio.trades.push_back(sell("2024-01-04", {"10", "104"}));
    portfolio.trades.push_back(buy("2024-01-06", {"1", "104"}));
    portfolio.market.assets[1].closes.push_back(close("208", "2024-01-07"));
    auto const days = days_of(portfolio, "2024-01-04", "2024-01-07");
    CHECK(values(days) == Texts{"0", "0", "104", "208"});
    CHECK(days[1].of.status == Status::final);
    CHECK(days[1].positions.empty());
    CHECK(indexes(days_of(portfolio, "2024-01-03", "2024-01-07")) ==
          Texts{"0.985074626866", "1.034825870647", "1.034825870647", "1.034825870647",
                "2.069651741294"});
}

TEST_CASE("sold and bought again on one day") {
    auto portfolio = ten();
    portfolio.trades.push_back(sell("2024-01-04 10:00:00", {"10", "100"}));
    portfolio.trades.push_back(buy("2024-01-04 11:00:00", {"10", "102"}));
    auto const days = days_of(portfolio, "2024-01-03", "2024-01-04");
    CHECK(plain(days[1].of.value) == "1040");
    CHECK(plain(days[1].of.flows.inflow) == "1020");
    CHECK(plain(days[1].of.flows.outflow) == "1000");
    CHECK(text(days[1].of.index) == "0.999777233237"); // × (1040 + 1000) / (990 + 1020)
}

TEST_CASE("positions come by asset as they open and close") {
    Portfolio portfolio;
    for (int asset : {1, 2, 3}) portfolio.market.assets[asset] = closes({{"2024-01-01", "10"}});
    portfolio.trades = {
        buy("2024-01-02", {"1", "10", "0", "1", 3}),  buy("2024-01-03", {"1", "10", "0", "1", 1}),
        buy("2024-01-04", {"1", "10", "0", "1", 2}),  sell("2024-01-05", {"1", "10", "0", "1", 1}),
        sell("2024-01-06", {"1", "10", "0", "1", 3}), buy("2024-01-06", {"2", "10", "0", "1", 1})};
    std::vector<std::vector<int>> held;
    for (auto const& day : days_of(portfolio, "2024-01-02", "2024-01-06")) {
        held.emplace_back();
        Money sum;
        for (auto const& position : day.positions) {
            held.back().push_back(position.asset_id);
            sum += position.value.value_or(Money{});
        }
        CHECK(sum == day.of.value);
    }
    CHECK(held == std::vector<std::vector<int>>{{3}, {1, 3}, {1, 2, 3}, {2, 3}, {1, 2}});
}

TEST_CASE("dust is worth its share of the price") {
    auto portfolio = ten();
    portfolio.trades = {buy("2024-01-03", {"0.000000000001", "0.000000000001"})};
    portfolio.market.assets[1] = closes({{"2024-01-03", "0.000000000001"}}, "VND");
    portfolio.market.currencies["VND"] = rates({{"2024-01-03", "0.0000000000000001"}});
    CHECK(day_of(portfolio, "2024-01-03").of.value == Money::from_units(units::Wide{1}));
}

TEST_CASE("values near the columns' limits are exact, and beyond all bounds is an error for this "
          "portfolio") {
    auto portfolio = ten();
    portfolio.trades = {buy("2024-01-03", {"9999999999999999", "9999999999999999"})};
    portfolio.market.assets[1] = closes({{"2024-01-03", "9999999999999999"}});
    CHECK(value_on(portfolio, "2024-01-03") == "99999999999999980000000000000001");
    portfolio.splits.assign(2, split("2024-01-04", "9999999999999999", "1"));
    CHECK_THROWS_AS(value_on(portfolio, "2024-01-03"), CannotValue);
    CHECK_THROWS_AS(value_on(portfolio, "2024-01-04"), CannotValue);
}

TEST_CASE("more sold than held is the error that replay gives") {
    auto portfolio = ten();
    portfolio.trades.push_back(sell("2024-01-04", {"11", "100"}));
    CHECK_THROWS_WITH_AS(value_on(portfolio, "2024-01-05"),
                         "asset 1: 11.000000000000 sold with 10.000000000000 held; the trades were "
                         "changed past the database's triggers: mend them",
                         CannotValue);
}
