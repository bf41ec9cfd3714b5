#include "unit/valuation/days.hpp"

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

/// Ten of an asset in euro, everything known: a close and a rate of 10 January.
Portfolio perfect() {
    Portfolio portfolio;
    portfolio.trades = {buy("2024-01-03", {"10", "15", "0", "1.2"})};
    portfolio.market.assets[1] = closes({{"2024-01-10", "20"}}, "EUR");
    portfolio.market.currencies["EUR"] = rates({{"2024-01-10", "1.1"}});
    return portfolio;
}

} // namespace

TEST_CASE("a day with fresh final closes and rates is final") {
    CHECK(status_on(perfect(), "2024-01-10") == Status::final);
}

TEST_CASE("a close or a rate more than seven days older than the day is stale") {
    CHECK(status_on(perfect(), "2024-01-17") == Status::final);
    CHECK(status_on(perfect(), "2024-01-18") == Status::stale);
    auto old_rate = perfect();
    old_rate.market.assets[1].closes.push_back(close("20", "2024-01-18"));
    CHECK(status_on(old_rate, "2024-01-18") == Status::stale);
    auto old_close = perfect();
    old_close.market.currencies["EUR"].rates.push_back({day("2024-01-18"), Rate::parse("1.1")});
    CHECK(status_on(old_close, "2024-01-18") == Status::stale);
    old_close.market.assets[1].closes.push_back(close("20", "2024-01-18"));
    CHECK(status_on(old_close, "2024-01-18") == Status::final);
}

TEST_CASE("the rate of the dollar has no age") {
    auto portfolio = perfect();
    portfolio.market.assets[1].currency = "USD";
    CHECK(status_on(portfolio, "2024-01-17") == Status::final);
    portfolio.market.currencies.clear();
    CHECK(status_on(portfolio, "2024-01-17") == Status::final);
}

TEST_CASE("a price that is a trade's, or none, is an estimate") {
    auto portfolio = perfect();
    portfolio.market.assets[1].closes.clear();
    CHECK(status_on(portfolio, "2024-01-10") == Status::estimated);
    portfolio.trades[0].price = {};
    CHECK(status_on(portfolio, "2024-01-10") == Status::estimated);
}

TEST_CASE("a provisional close is an estimate until a final one follows") {
    auto portfolio = perfect();
    portfolio.market.assets[1].closes.push_back(
        {.price = Price::parse("21"), .day = day("2024-01-11"), .provisional = true});
    portfolio.market.assets[1].closes.push_back(close("22", "2024-01-12"));
    CHECK(status_on(portfolio, "2024-01-10") == Status::final);
    CHECK(status_on(portfolio, "2024-01-11") == Status::estimated);
    CHECK(status_on(portfolio, "2024-01-12") == Status::final);
}

TEST_CASE("closes on their way make those days an estimate that could use them") {
    auto portfolio = perfect();
    portfolio.market.assets[1].pending = {range("2024-01-05", "2024-01-08"),
                                          range("2024-01-12", "2024-01-13")};
    CHECK(status_on(portfolio, "2024-01-11") == Status::final);
    CHECK(status_on(portfolio, "2024-01-12") == Status::estimated);
    CHECK(status_on(portfolio, "2024-01-15") == Status::estimated);
    portfolio.market.assets[1].closes.push_back(close("20", "2024-01-14"));
    CHECK(status_on(portfolio, "2024-01-13") == Status::estimated);
    CHECK(status_on(portfolio, "2024-01-14") == Status::final);
    portfolio.market.assets[1].pending = {range("2024-01-10", "2024-01-10")}; // in old shares
    CHECK(status_on(portfolio, "2024-01-11") == Status::estimated);
}

TEST_CASE("rates on their way make those days an estimate that could use them") {
    auto portfolio = perfect();
    portfolio.market.currencies["EUR"].pending = {range("2024-01-12", "2024-01-13")};
    CHECK(status_on(portfolio, "2024-01-11") == Status::final);
    CHECK(status_on(portfolio, "2024-01-12") == Status::estimated);
    CHECK(status_on(portfolio, "2024-01-15") == Status::estimated);
    portfolio.market.currencies["EUR"].rates.push_back({day("2024-01-15"), Rate::parse("1.1")});
    CHECK(status_on(portfolio, "2024-01-15") == Status::final);
}

TEST_CASE("a day whose holding or whose trade lacks a rate is incomplete") {
    CHECK(status_on(perfect(), "2024-01-09") == Status::incomplete);
    auto portfolio = perfect();
    portfolio.trades.push_back(buy("2024-01-11", {"1", "15", "0", ""}));
    CHECK(status_on(portfolio, "2024-01-10") == Status::final);
    CHECK(status_on(portfolio, "2024-01-11") == Status::incomplete);
    CHECK(status_on(portfolio, "2024-01-12") == Status::final);
}

TEST_CASE("on a day the worst applies, of whichever position") {
    auto portfolio = perfect();
    portfolio.trades.push_back(buy("2024-01-03", {"1", "5", "0", "1", 2}));
    portfolio.market.assets[2] = closes({{"2023-06-01", "5"}});
    CHECK(status_on(portfolio, "2024-01-10") == Status::stale);
    portfolio.market.assets[1].pending = {range("2024-01-10", "2024-01-10")};
    CHECK(status_on(portfolio, "2024-01-10") == Status::estimated);
    portfolio.market.currencies.clear();
    CHECK(status_on(portfolio, "2024-01-10") == Status::incomplete);
}

TEST_CASE("a position of quantity zero is not listed and decides no day's status") {
    auto portfolio = perfect();
    portfolio.trades.push_back(
        buy("2024-01-03", {"1", "5", "0", "1", 2})); // of which nothing is known
    portfolio.trades.push_back(sell("2024-01-04", {"1", "5", "0", "1", 2}));
    auto const day = day_of(portfolio, "2024-01-10");
    CHECK(day.of.status == Status::final);
    CHECK(day.positions.size() == 1);
}
