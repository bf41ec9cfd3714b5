#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Every channel of the bus, once. A test compares them with what triggers and functions say.
namespace portfoliod::bus::channels {

inline constexpr std::string_view transaction_created = "transaction_created";
inline constexpr std::string_view transaction_updated = "transaction_updated";
inline constexpr std::string_view transaction_deleted = "transaction_deleted";
inline constexpr std::string_view backfill_requested = "backfill_requested";
inline constexpr std::string_view prices_updated = "prices_updated";
inline constexpr std::string_view exchange_rates_updated = "exchange_rates_updated";
/// From one daemon to the others: it holds the doorbell now, see bus/doorbell.hpp.
inline constexpr std::string_view doorbell_taken = "doorbell_taken";
/// Announced by daemons, and heard by them: history that is no longer pending changes the status of figures.
inline constexpr std::string_view backfill_finished = "backfill_finished";

// Announced by the daemon; it does not listen to it.
inline constexpr std::string_view portfolio_updated = "portfolio_updated";

/// What the daemon listens to.
inline std::vector<std::string> listened() {
    std::vector<std::string> names;
    for (auto const name :
         {transaction_created, transaction_updated, transaction_deleted, backfill_requested,
          prices_updated, exchange_rates_updated, backfill_finished, doorbell_taken})
        names.emplace_back(name);
    return names;
}

} // namespace portfoliod::bus::channels
