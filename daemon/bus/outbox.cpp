#include "bus/outbox.hpp"

#include <algorithm>

namespace portfoliod::bus {

namespace {

template <class Value>
void sort_unique(std::vector<Value>& values) {
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
}

} // namespace

Changes take_changes(db::Transaction& transaction, int rows_max) {
    Changes changes;
    for (auto const row :
         transaction.execute("SELECT portfolio_id, asset_id, currency_code, merged, from_date, "
                             "holding_changed "
                             "FROM portfoliod.take_changes($1)",
                             {rows_max})) {
        changes.rows += row.bigint(3);
        if (!row.is_null(1) && row.boolean(5)) changes.reheld_assets.push_back(row.integer(1));
        if (!row.is_null(0)) {
            changes.portfolios.push_back(row.integer(0));
            // Held back while rates had changed.
            if (row.is_null(1) && !row.is_null(4)) changes.restated.push_back({"", row.day(4)});
        } else if (!row.is_null(1)) {
            changes.priced_assets.push_back(row.integer(1));
        } else if (!row.is_null(2)) {
            changes.currencies.push_back(row.string(2));
            if (!row.is_null(4)) changes.restated.push_back({row.string(2), row.day(4)});
        }
    }
    sort_unique(changes.portfolios);
    sort_unique(changes.reheld_assets);
    sort_unique(changes.priced_assets);
    sort_unique(changes.currencies);
    return changes;
}

std::int64_t come_back_to(db::Transaction& transaction, std::vector<int> const& portfolios,
                          std::vector<int> const& assets,
                          std::vector<performance::Restatement> const& restated) {
    if (portfolios.empty() && assets.empty()) return 0;
    std::string since = "infinity";
    if (!restated.empty())
        since = to_text(std::ranges::min(restated, {}, &performance::Restatement::since).since);
    return transaction
        .execute("SELECT portfoliod.come_back_to($1, $2, $3)", {portfolios, assets, since})
        .one()
        .bigint(0);
}

} // namespace portfoliod::bus
