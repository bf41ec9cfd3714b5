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
         transaction.execute("SELECT portfolio_id, asset_id, currency_code, merged "
                             "FROM portfoliod.take_changes($1)",
                             {rows_max})) {
        changes.rows += row.bigint(3);
        if (!row.is_null(0)) {
            changes.portfolios.push_back(row.integer(0));
            if (!row.is_null(1)) changes.traded_assets.push_back(row.integer(1));
        } else if (!row.is_null(1)) {
            changes.priced_assets.push_back(row.integer(1));
        } else if (!row.is_null(2)) {
            changes.currencies.push_back(row.string(2));
        }
    }
    sort_unique(changes.portfolios);
    sort_unique(changes.traded_assets);
    sort_unique(changes.priced_assets);
    sort_unique(changes.currencies);
    return changes;
}

std::int64_t come_back_to(db::Transaction& transaction, std::vector<int> const& portfolios,
                          std::vector<int> const& assets) {
    if (portfolios.empty() && assets.empty()) return 0;
    return transaction.execute("SELECT portfoliod.come_back_to($1, $2)", {portfolios, assets})
        .one()
        .bigint(0);
}

} // namespace portfoliod::bus
