#pragma once

#include "db/rows.hpp"
#include "valuation/ledger.hpp"

#include <string_view>
#include <vector>

/// Values that several statements of this room return alike.
namespace portfoliod::performance {

/// The columns from `first` on: buy or sell, time, quantity, price, fee, rate to USD. `row` has the asset in column 2.
valuation::Trade read_trade(db::Row const& row, int first);
/// The columns from `first` on: ex_date, numerator, denominator. `row` has the asset in column 2.
valuation::Split read_split(db::Row const& row, int first);

/// PostgreSQL's text of an array of numbers or dates: {a,b,c}. The parts live as long as the text.
std::vector<std::string_view> array_parts(std::string_view text);

/// PostgreSQL's text of a datemultirange; what is open below or above ends at the first and last day there is.
std::vector<DayRange> day_ranges(std::string_view text);

} // namespace portfoliod::performance
