#pragma once

#include "valuation/ledger.hpp"

#include <ranges>

/// The order in which trades and splits count, for whoever walks through them.
namespace portfoliod::valuation {

using Trades = std::vector<Trade const*>;
using Splits = std::vector<Split const*>;

inline Day day_of(Trade const& trade) {
    return std::chrono::floor<std::chrono::days>(trade.timestamp);
}

/// By asset and time. Buys stand before sales of their timestamp; the price decides nothing but which
/// of equals is "the last trade", so that the order of arrival never shows.
Trades in_order(std::span<Trade const> trades);

/// Those whose day has come, by asset and day.
Splits in_effect(std::span<Split const> splits, Day today);

/// The splits of one asset, worked off in order.
class SplitsAhead {
  public:
    SplitsAhead(Splits const& effective, int asset_id);

    /// Those of that day or before are in the position already.
    void skip_until(Day day);
    /// Returns whether there was one.
    bool apply_until(Day day, Position& position);

    [[nodiscard]] auto begin() const { return splits_.begin(); }

    [[nodiscard]] auto end() const { return splits_.end(); }

  private:
    std::ranges::subrange<Splits::const_iterator> splits_;
};

/// USD.
struct Amounts {
    Money net; ///< with the fee: paid for a buy, received for a sale
    Money fee;
};

/// Nothing when the trade's rate is unknown.
std::optional<Amounts> amounts(Trade const& trade);

} // namespace portfoliod::valuation
