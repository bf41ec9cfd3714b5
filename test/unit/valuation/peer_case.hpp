#pragma once

#include "unit/valuation/days.hpp"

#include <boost/json.hpp>

#include <map>
#include <set>

/// A case of cases/peer_cases.json as this core is handed it. What the file's fields mean stands in its own `meta`.
namespace portfoliod::valuation::test {

namespace json = boost::json;

/// 12.5, "0.0714", "2393.94/17", "14818 GBp", "0.3127 by exact chaining".
std::optional<long double> number(json::value const& value);

/// A date of the file: ISO, or relative to a day D ("D-1", "pre-split").
std::optional<Instant> instant(std::string_view text);
std::optional<Day> date(std::string_view text);

/// What of a case is looked at.
struct View {
    std::string currency; ///< plays the part of USD
    std::string symbol;   ///< of this asset alone; "": of all
    Day as_of;
    std::optional<DayRange> period; ///< from the end of `first` to the end of `last`
    bool fees = true;
};

/// The whole of a case: its base currency, its day, its period when it names one.
View whole(json::object const& peer);

/// Trades, splits and prices up to the view's day.
Portfolio portfolio(json::object const& peer, View const& view);

/// Types other than BUY, SELL, SPLIT and DIVIDEND, which is in no figure.
std::set<std::string> other_types(json::object const& peer);
/// Nothing but movements of one cash account.
bool cash_only(json::object const& peer);
/// The days of a cash account, or of totals that are given as such, through chained().
std::vector<KeptDay> account_days(json::object const& peer, View const& view);

} // namespace portfoliod::valuation::test
