#include "bus/outbox.hpp"

#include <algorithm>

namespace portfoliod::bus {

namespace {

template <class Value>
void sort_unique(std::vector<Value>& values) {
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
}

void add(Changes& changes, db::Row const& row) {
    changes.rows += row.bigint(3);
    auto const since = row.maybe(&db::Row::day, 4);
    auto const held_otherwise = row.boolean(5);
    if (!row.is_null(1) && held_otherwise) changes.reheld_assets.push_back(row.integer(1));
    if (!row.is_null(0)) {
        auto const portfolio = row.integer(0);
        changes.portfolios.push_back(portfolio);
        // Held back while rates had changed: its snapshots were marked then.
        if (row.is_null(1) && since) changes.restated.push_back({"", *since});
        if (!row.is_null(1) && since) changes.past.portfolios.push_back({portfolio, *since});
    } else if (!row.is_null(1)) {
        changes.priced_assets.push_back(row.integer(1));
        if (since) changes.past.assets.push_back({row.integer(1), *since});
    } else if (!row.is_null(2)) {
        auto const currency = row.string(2);
        changes.currencies.push_back(currency);
        if (!since) return;
        changes.past.currencies.push_back({currency, *since});
        // Else its rates are what they were, and only none is on its way any more.
        if (held_otherwise) changes.restated.push_back({currency, *since});
    }
}

} // namespace

Changes take_changes(db::Transaction& transaction, int rows_max) {
    Changes changes;
    for (auto const row :
         transaction.execute("SELECT portfolio_id, asset_id, currency_code, merged, from_date, "
                             "holding_changed "
                             "FROM portfoliod.take_changes($1)",
                             {rows_max})) {
        add(changes, row);
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
