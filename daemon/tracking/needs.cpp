#include "tracking/needs.hpp"

#include <algorithm>

namespace portfoliod::tracking {

namespace {

/// Of one transaction: an import of a catalogue's worth of assets is told in part.
constexpr int queued_jobs_told_max = 1000;

int request(db::Transaction& transaction, db::Param const& assets, Day today,
            Policy const& policy) {
    return transaction
        .execute("SELECT portfoliod.request_missing_history($1, $2, $3, $4)",
                 {assets, today, policy.history_before_purchase, policy.max_attempts})
        .one()
        .integer(0);
}

int request_rates(db::Transaction& transaction, db::Param const& assets, Day today,
                  Policy const& policy) {
    return transaction
        .execute("SELECT portfoliod.request_missing_rates($1, $2, $3)",
                 {assets, today, policy.max_attempts})
        .one()
        .integer(0);
}

} // namespace

Recounted recount(db::Transaction& transaction, std::vector<int> const& assets) {
    Recounted recounted;
    for (auto const row : transaction.execute(
             "SELECT counted.asset, counted.held_back, asset.symbol, counted.users, "
             "counted.first_time FROM portfoliod.recount_tracked_assets($1) AS counted "
             "JOIN assets AS asset ON asset.id = counted.asset",
             {assets})) {
        if (row.boolean(1))
            recounted.held_back.push_back(row.integer(0));
        else
            recounted.changed.push_back(
                {row.integer(0), row.string(2), row.integer(3), row.boolean(4)});
    }
    std::ranges::sort(recounted.held_back);
    std::ranges::sort(recounted.changed, {}, &Holders::asset_id);
    return recounted;
}

int request_missing_history(db::Transaction& transaction, std::vector<int> const& assets, Day today,
                            Policy const& policy) {
    return request(transaction, assets, today, policy);
}

int request_all_missing_history(db::Transaction& transaction, Day today, Policy const& policy) {
    return request(transaction, std::nullopt, today, policy);
}

int request_missing_rates(db::Transaction& transaction, std::vector<int> const& assets, Day today,
                          Policy const& policy) {
    return request_rates(transaction, assets, today, policy);
}

int request_all_missing_rates(db::Transaction& transaction, Day today, Policy const& policy) {
    return request_rates(transaction, std::nullopt, today, policy);
}

std::vector<QueuedJob> just_queued(db::Transaction& transaction) {
    std::vector<QueuedJob> jobs;
    for (auto const row : transaction.execute("SELECT job_id, asset_id, what, start_date, end_date "
                                              "FROM portfoliod.jobs_just_queued($1)",
                                              {queued_jobs_told_max}))
        jobs.push_back({row.integer(0),
                        row.maybe(&db::Row::integer, 1),
                        row.string(2),
                        {row.day(3), row.day(4)}});
    return jobs;
}

void revive_failed_jobs(db::Transaction& transaction) {
    transaction.execute("SELECT portfoliod.revive_failed_jobs()");
}

} // namespace portfoliod::tracking
