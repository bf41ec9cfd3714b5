#include "unit/valuation/portfolio.hpp"

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

auto const today = day("2024-12-31");

History history(std::string_view value, std::string_view yesterday, std::string_view week,
                std::string_view month, std::string_view year) {
    return {.yesterday = {.value = Money::parse(value), .index = Index::parse(yesterday)},
            .week = Index::parse(week),
            .month = Index::parse(month),
            .year = Index::parse(year)};
}

/// Ten, worth 1000 at the end of yesterday.
std::vector<Trade> const trades{buy("2024-01-01", {"10", "80"})};
History const calm = history("1000", "1.25", "1", "1.6", "0.5");

Figures figures(std::string_view price, std::vector<Trade> const& traded = trades,
                History const& before = calm) {
    auto const ledger = replay(traded, {}, today);
    std::vector const holdings{holding(ledger.find(1)->held.to_text(), close(price, "2024-12-31"))};
    return current_figures(holdings, ledger, today, &before);
}

} // namespace

TEST_CASE(
    "changes compare the index now with that of yesterday, a week, a month, a year ago and 1") {
    auto const result = figures("104"); // index now 1.25 × 1.04 = 1.3
    CHECK(text(result.day_change_pct) == "4.0000");
    CHECK(text(result.week_change_pct) == "30.0000");
    CHECK(text(result.month_change_pct) == "-18.7500");
    CHECK(text(result.year_change_pct) == "160.0000");
    CHECK(text(result.twr_pct) == "30.0000");
    CHECK(result.status == Status::final);
    CHECK(result.value == Money::parse("1040"));
}

TEST_CASE("on a day without news nothing changed") {
    CHECK(text(figures("100").day_change_pct) == "0.0000");
    CHECK(text(figures("100").twr_pct) == "25.0000");
}

TEST_CASE("a purchase or a sale never looks like a gain or a loss") {
    auto bought = trades;
    bought.push_back(buy("2024-12-31 10:00:00", {"90", "100"}));
    CHECK(text(figures("100", bought).day_change_pct) == "0.0000");
    auto sold = trades;
    sold.push_back(sell("2024-12-31 10:00:00", {"9", "100"}));
    CHECK(text(figures("100", sold).day_change_pct) == "0.0000");
    auto closed = trades;
    closed.push_back(sell("2024-12-31 10:00:00", {"10", "104"}));
    CHECK(text(figures("100", closed).day_change_pct) == "4.0000");
}

TEST_CASE("trades dated up to tomorrow count today") {
    auto bought = trades;
    bought.push_back(buy("2025-01-01 10:00:00", {"10", "100"}));
    CHECK(text(figures("100", bought).day_change_pct) == "0.0000");
}

TEST_CASE("with the first trade today all changes are since then") {
    History const nothing{.yesterday = {},
                          .week = DayBefore::one(),
                          .month = DayBefore::one(),
                          .year = DayBefore::one()};
    auto const result = figures("99", {buy("2024-12-31", {"10", "100", "10"})}, nothing);
    for (auto const& change : {result.day_change_pct, result.week_change_pct,
                               result.month_change_pct, result.year_change_pct, result.twr_pct})
        CHECK(text(change) == "-1.9802"); // 990 / 1010 - 1
    CHECK(text(result.xirr_pct) == "undefined");
}

TEST_CASE("without the snapshots' history changes are undefined and the status an estimate") {
    auto const ledger = replay(trades, {}, today);
    std::vector const holdings{holding("10", close("104", "2024-12-31"))};
    auto const result = current_figures(holdings, ledger, today, nullptr);
    for (auto const& change : {result.day_change_pct, result.week_change_pct,
                               result.month_change_pct, result.year_change_pct, result.twr_pct})
        CHECK(text(change) == "undefined");
    CHECK(result.status == Status::estimated);
    CHECK_FALSE(result.percentage_too_large);
    CHECK(text(result.total_return_pct) == "30.0000");
    CHECK(text(result.xirr_pct) == "30.0000"); // 365 days
}

TEST_CASE("a portfolio without trades has no snapshots that could be behind, and no returns") {
    auto const result = current_figures({}, {}, today, nullptr);
    CHECK(result.status == Status::final);
    CHECK(text(current_figures({}, {}, today, &calm).twr_pct) == "undefined");
}

TEST_CASE("while a rate is missing every percentage is undefined") {
    auto unknown = trades;
    unknown.push_back(buy("2024-06-01", {"1", "80", "0", ""}));
    auto const result = figures("104", unknown);
    for (auto const& percentage :
         {result.total_return_pct, result.day_change_pct, result.week_change_pct,
          result.month_change_pct, result.year_change_pct, result.twr_pct, result.xirr_pct,
          result.priced_share_pct})
        CHECK(text(percentage) == "undefined");
    CHECK(result.status == Status::incomplete);
    CHECK_FALSE(result.percentage_too_large);
}

TEST_CASE("after a day that lacked a rate the index starts from where it stood") {
    auto before = calm;
    before.yesterday.complete = false;
    CHECK(text(figures("104", trades, before).day_change_pct) == "0.0000");
}

TEST_CASE("a change beyond its column is undefined and flagged, one from 0 only undefined") {
    auto const tiny = history("1000", "1.25", "0.000000000001", "1", "0");
    auto const result = figures("104", trades, tiny);
    CHECK(text(result.week_change_pct) == "undefined");
    CHECK(text(result.month_change_pct) == "30.0000");
    CHECK(text(result.year_change_pct) == "undefined");
    CHECK(result.percentage_too_large);
    auto const from_zero = history("1000", "1.25", "1", "1", "0");
    CHECK_FALSE(figures("104", trades, from_zero).percentage_too_large);
    auto unknown = calm;
    unknown.yesterday.index.reset(); // beyond its own column
    CHECK(text(figures("104", trades, unknown).twr_pct) == "undefined");
    CHECK(figures("104", trades, unknown).percentage_too_large);
}

TEST_CASE("the rate of return rests on all flows and the value now") {
    // 2024 has 366 days: bought on the first of January, 365 days before today
    CHECK(text(figures("88").xirr_pct) == "10.0000");
    auto twice = trades;
    twice.push_back(sell("2024-12-31", {"5", "88"}));
    CHECK(text(figures("88", twice).xirr_pct) == "10.0000");
}
