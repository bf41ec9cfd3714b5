#pragma once

#include "base/time.hpp"
#include "valuation/decimal.hpp"

#include <optional>
#include <span>
#include <vector>

/// Time-weighted and money-weighted returns. Formulas and worked examples: docs/FORMULAS.md.
namespace portfoliod::valuation {

/// The time-weighted index, 1 before the first trade: NUMERIC(24,12).
using Index = Fixed<12>;

/// Where a day's return starts from: the end of the day before. By default, before the first trade.
struct DayBefore {
    Money value;                        ///< USD, exact
    std::optional<Index> index = one(); ///< nothing: beyond what the column holds
    bool complete = true;               ///< no rate was missing: the value is the whole value

    static Index one() { return Index::parse("1"); }
};

/// What went in and out on one day, USD, neither negative but for fees above a sale's price.
struct DayFlows {
    Money inflow;         ///< Σ buys (quantity × price + fee) × rate: at the start of the day
    Money outflow;        ///< Σ sales (quantity × price − fee) × rate: at its end
    bool complete = true; ///< every trade of the day has its rate
};

/// before.index × (1 + δ) with δ = (end + outflow) / (before.value + inflow) − 1, rounded to 12 digits half away from zero.
/// δ is 0 where the denominator is; the index repeats where the day, or the one before, lacks a rate (`end_complete`: the value at the
/// end is the whole value). Nothing once it is beyond NUMERIC(24,12).
std::optional<Index> chained(DayBefore const& before, DayFlows const& flows, Money const& end,
                             bool end_complete);

/// (now / then − 1) × 100; nothing when either is unknown, `then` is 0, or the result is beyond NUMERIC(14,4).
std::optional<Percent> change(std::optional<Index> const& now, std::optional<Index> const& then);

/// part / whole × 100; nothing when `whole` is 0 or the result is beyond NUMERIC(14,4).
std::optional<Percent> percentage(Money const& part, Money const& whole);

/// The day a month or a year before, of the same day of month, clamped to that month's last.
Day months_before(Day day, int months);

/// What one UTC day moved, USD: buys as paid above 0, sales as received below 0.
struct CashFlow {
    Day day;
    double usd = 0;
};

/// USD for CashFlow, where sixteen digits will do.
double to_double(Money const& amount);

/// The annual rate, in percent, at which the flows and `value`, all that is there on `valued_on`, are worth nothing today:
/// actual/365, found by bracketing. Flows dated after `valued_on` count on it. Nothing when the first is less than a day older, without a change of sign, or
/// without a root in (−99.99 %, 10⁶ %).
std::optional<Percent> xirr(std::span<CashFlow const> flows, Money const& value, Day valued_on);

} // namespace portfoliod::valuation
