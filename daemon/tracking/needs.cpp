#include "tracking/needs.hpp"

#include <algorithm>

namespace portfoliod::tracking {

namespace {

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

std::vector<int> recount(db::Transaction& transaction, std::vector<int> const& assets) {
    std::vector<int> held_back;
    for (auto const row :
         transaction.execute("SELECT portfoliod.recount_tracked_assets($1)", {assets}))
        held_back.push_back(row.integer(0));
    std::ranges::sort(held_back);
    return held_back;
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

void revive_failed_jobs(db::Transaction& transaction) {
    transaction.execute("SELECT portfoliod.revive_failed_jobs()");
}

} // namespace portfoliod::tracking
