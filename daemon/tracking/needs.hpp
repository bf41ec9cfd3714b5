#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "tracking/policy.hpp"

#include <optional>
#include <string>
#include <vector>

/// What is tracked and which history is missing: derived from the ledger, never counted up or down.
namespace portfoliod::tracking {

/// An asset that is held by somebody again, or by nobody any more.
struct Holders {
    int asset_id;
    std::string symbol;
    int users;
    bool first; ///< nobody ever held it before
};

struct Recounted {
    std::vector<int>
        held_back; ///< not counted, because a transaction in progress holds them; in order
    std::vector<Holders> changed;
};

/// Sets tracking_users of these assets from the positions.
Recounted recount(db::Transaction& transaction, std::vector<int> const& assets);

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

struct QueuedJob {
    int id;
    std::optional<int> asset_id; ///< nothing: a job of rates
    std::string what;            ///< symbol or currency
    DayRange range;
};

/// What this transaction has queued, or as much of it as the journal takes at once.
std::vector<QueuedJob> just_queued(db::Transaction& transaction);
/// Lets jobs that used up their attempts long ago try again.
void revive_failed_jobs(db::Transaction& transaction);

} // namespace portfoliod::tracking
