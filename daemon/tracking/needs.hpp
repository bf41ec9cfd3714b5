#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "tracking/policy.hpp"

#include <vector>

/// What is tracked and which history is missing: derived from the ledger, never counted up or down.
namespace portfoliod::tracking {

/// Sets tracking_users of these assets from the positions. Returns those it could not, in order,
/// because a transaction in progress holds them.
std::vector<int> recount(db::Transaction& transaction, std::vector<int> const& assets);

/// Queues the gaps in the price history of these assets; returns how many jobs that made.
int request_missing_history(db::Transaction& transaction, std::vector<int> const& assets, Day today,
                            Policy const& policy);
/// The same for every asset anybody ever bought.
int request_all_missing_history(db::Transaction& transaction, Day today, Policy const& policy);
/// Queues the gaps in the rates of the currencies in use, if trades of these assets need any.
int request_missing_rates(db::Transaction& transaction, std::vector<int> const& assets, Day today,
                          Policy const& policy);
/// The same whatever was traded.
int request_all_missing_rates(db::Transaction& transaction, Day today, Policy const& policy);
/// Lets jobs that used up their attempts long ago try again.
void revive_failed_jobs(db::Transaction& transaction);

} // namespace portfoliod::tracking
