#pragma once

#include "valuation/figures.hpp"
#include "valuation/ledger.hpp"
#include "valuation/returns.hpp"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

/// What a portfolio was worth at the end of each day: the rows of portfolio_snapshots.
namespace portfoliod::valuation {

/// The last rate of a UTC day.
struct DatedRate {
    Day day;
    Rate rate;
};

/// One currency over the days valued; USD needs none.
struct CurrencySeries {
    std::vector<DatedRate>
        rates; ///< by day, one a day; the last one before the first day valued too
    std::vector<DayRange> pending; ///< days whose rates are on their way
};

/// One asset over the days valued.
struct AssetSeries {
    std::string currency;
    std::vector<Close> closes; ///< by day, one a day; the last one before the first day valued too
    std::vector<DayRange>
        pending; ///< days whose closes are on their way, or in shares of before a split
};

/// Read once for all portfolios of a run; those not in it have no close and no rate.
struct MarketSeries {
    std::map<int, AssetSeries> assets;
    std::map<std::string, CurrencySeries> currencies;
};

/// One position at the end of a day.
struct DayPosition {
    int asset_id = 0;
    Quantity quantity;            ///< in the shares of that day
    SplitTerm split_factor;       ///< product of all later splits, to 12 digits: for display
    Price price;                  ///< in today's shares
    std::optional<Day> price_day; ///< of the close used; nothing: a trade's price, or 0
    std::optional<Rate> rate;     ///< USD: 1; none known: nothing
    std::optional<Money>
        value; ///< USD: quantity × exact split factor × price × rate; nothing without a rate
};

/// One day of one portfolio.
struct DayValue {
    Day day;
    Money value; ///< of the positions with a rate
    DayFlows flows;
    std::optional<Index> index;
    Status status = Status::final;
    bool complete = true; ///< no held position lacks a rate: the value is the whole value
    std::span<DayPosition const> positions; ///< held, by asset_id; valid during the call only
};

/// Values every day from `first` to `last`, in order, and hands each to `sink`.
/// `trades` and `openings` as for replay(); an opening is of before `first`. Trades after `last` are ignored; splits are in effect up to `today`.
/// `before` is how the day before `first` ended. Throws CannotValue as replay() does.
void value_days(std::span<Trade const> trades, std::span<Split const> splits, Day today,
                std::span<Checkpoint const> openings, MarketSeries const& market, Day first,
                Day last, DayBefore before, std::function<void(DayValue const&)> const& sink);

} // namespace portfoliod::valuation
