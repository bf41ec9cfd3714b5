#include "bus/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::bus {

namespace {

template <class Value>
void sort_unique(std::vector<Value>& values) {
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
}

void add(Changes& changes, db::Row const& row) {
    auto const since = row.maybe(&db::Row::day, 4);
    auto const held_otherwise = row.boolean(5);
    changes.rows += row.bigint(6);
    if (!row.is_null(2) && held_otherwise) changes.reheld_assets.push_back(row.integer(2));
    if (!row.is_null(1)) {
        auto const portfolio = row.integer(1);
        changes.portfolios.push_back(portfolio);
        // Held back while rates had changed: its snapshots were marked then.
        if (row.is_null(2) && since) changes.restated.push_back({"", *since});
        if (!row.is_null(2) && since) changes.past.portfolios.push_back({portfolio, *since});
    } else if (!row.is_null(2)) {
        changes.priced_assets.push_back(row.integer(2));
        if (since) changes.past.assets.push_back({row.integer(2), *since});
    } else if (!row.is_null(3)) {
        auto const currency = row.string(3);
        changes.currencies.push_back(currency);
        if (!since) return;
        changes.past.currencies.push_back({currency, *since});
        // Else its rates are what they were, and only none is on its way any more.
        if (held_otherwise) changes.restated.push_back({currency, *since});
    }
}

} // namespace

Taken take_changes(db::Transaction& transaction, int rows_max, Day today, Day next_day) {
    Taken taken;
    auto& changes = taken.changes;
    static auto const take =
        fmt::format("SELECT {} FROM portfoliod.take_changes_with_inputs($1, $2, $3)",
                    performance::input_columns);
    auto const rows = transaction.execute(take, {rows_max, today, next_day});
    auto at = 0;
    for (; at < rows.size(); ++at) {
        auto const row = rows[at];
        if (row.text(0) != "change") break; // and all that follow
        add(changes, row);
    }
    if (at < rows.size()) taken.inputs = performance::inputs_of(rows, at);
    sort_unique(changes.portfolios);
    sort_unique(changes.reheld_assets);
    sort_unique(changes.priced_assets);
    sort_unique(changes.currencies);
    return taken;
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
