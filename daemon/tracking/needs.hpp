#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "tracking/policy.hpp"

#include <vector>

/// What is tracked and which history is missing: derived from the ledger, never counted up or down.
namespace portfoliod::tracking {

/// Sets tracking_users of these assets from the positions.
void recount(db::Transaction& transaction, std::vector<int> const& assets);

/// Queues the gaps in the price history of these assets; returns how many jobs that made.
int request_missing_history(db::Transaction& transaction, std::vector<int> const& assets, Day today,
                            Policy const& policy);
/// The same for every asset anybody ever bought.
int request_all_missing_history(db::Transaction& transaction, Day today, Policy const& policy);
/// Queues the gaps in the rates of every currency in use.
int request_missing_rates(db::Transaction& transaction, Day today, Policy const& policy);

} // namespace portfoliod::tracking
