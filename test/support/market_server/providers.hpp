#pragma once

#include "support/market_server/message.hpp"
#include "support/market_server/prices.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::test {

/// A split Yahoo lists among its events; its prices are adjusted for it already, so none of them
/// changes.
struct ListedSplit {
    std::string symbol;
    Day day;
    int numerator;
    int denominator;
};

/// The market as it stands at one moment.
struct Market {
    Prices prices;
    Instant now;
    std::vector<ListedSplit> splits = {};
    std::map<std::string, Day, std::less<>> first_days = {}; ///< of symbols listed late

    [[nodiscard]] Day today() const { return std::chrono::floor<std::chrono::days>(now); }
};

/// Symbols that start with NOPE or UNKNOWN are known to nobody.
bool is_unknown(std::string_view symbol);

/// No price is older than this day, or than the symbol's own.
inline constexpr Day listed_since = std::chrono::sys_days(std::chrono::year(2000) / 1 / 3);

/// Each answers the requests of its provider and gives nothing for any other.
std::optional<Reply> yahoo(Request const& request, Market const& market);
std::optional<Reply> coinbase(Request const& request, Market const& market);
std::optional<Reply> kraken(Request const& request, Market const& market);
std::optional<Reply> frankfurter(Request const& request, Market const& market);
std::optional<Reply> ecb(Request const& request, Market const& market);

} // namespace portfoliod::test
