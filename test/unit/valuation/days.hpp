#pragma once

#include "unit/valuation/portfolio.hpp"
#include "valuation/daily.hpp"

#include <initializer_list>
#include <utility>

/// Short ways to write down what value_days() is handed and hands out.
namespace portfoliod::valuation::test {

using Dated = std::pair<std::string_view, std::string_view>; ///< day, price or rate

inline AssetSeries closes(std::initializer_list<Dated> dated, std::string currency = "USD") {
    AssetSeries series{.currency = std::move(currency), .closes = {}, .pending = {}};
    for (auto const& [when, price] : dated) series.closes.push_back(close(price, when));
    return series;
}

inline CurrencySeries rates(std::initializer_list<Dated> dated) {
    CurrencySeries series;
    for (auto const& [when, rate] : dated)
        series.rates.push_back({.day = day(when), .rate = Rate::parse(rate)});
    return series;
}

inline DayRange range(std::string_view first, std::string_view last) {
    return {.first = day(first), .last = day(last)};
}

/// A DayValue that outlives its call.
struct KeptDay {
    DayValue of;
    std::vector<DayPosition> positions;
};

struct Portfolio {
    std::vector<Trade> trades;
    std::vector<Split> splits;
    MarketSeries market;
    Day today = day("2024-12-31");
    std::vector<Checkpoint> openings;
};

inline std::vector<KeptDay> days_of(Portfolio const& portfolio, Day first, Day last,
                                    DayBefore const& before = {}) {
    std::vector<KeptDay> days;
    value_days(portfolio.trades, portfolio.splits, portfolio.today, portfolio.openings,
               portfolio.market, first, last, before, [&](DayValue const& value) {
                   days.push_back({value, {value.positions.begin(), value.positions.end()}});
                   days.back().of.positions = {};
               });
    return days;
}

inline std::vector<KeptDay> days_of(Portfolio const& portfolio, std::string_view first,
                                    std::string_view last) {
    return days_of(portfolio, day(first), day(last));
}

inline KeptDay day_of(Portfolio const& portfolio, std::string_view when) {
    return days_of(portfolio, when, when).front();
}

inline std::string value_on(Portfolio const& portfolio, std::string_view when) {
    return plain(day_of(portfolio, when).of.value);
}

inline Status status_on(Portfolio const& portfolio, std::string_view when) {
    return day_of(portfolio, when).of.status;
}

inline DayBefore end_of(KeptDay const& day) {
    return {.value = day.of.value, .index = day.of.index, .complete = day.of.complete};
}

} // namespace portfoliod::valuation::test
