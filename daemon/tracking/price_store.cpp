#include "tracking/price_store.hpp"

#include <fmt/format.h>

namespace portfoliod::tracking {

int store_prices(db::Transaction& transaction, int asset_id, std::string const& source,
                 std::vector<market::PriceRow> const& rows, Finality finality, Day today,
                 Policy const& policy) {
    if (rows.empty()) return 0;
    std::vector<db::CopyRow> staged;
    staged.reserve(rows.size());
    auto const asset = std::to_string(asset_id);
    for (auto const& row : rows) {
        auto const volume = row.volume ? std::optional{std::to_string(*row.volume)} : std::nullopt;
        staged.push_back(
            {asset, to_text(row.date), row.open, row.high, row.low, row.close, volume, source});
    }
    transaction.execute("SELECT portfoliod.prepare_staging()");
    transaction.copy("price_staging",
                     {"asset_id", "price_date", "open", "high", "low", "close", "volume", "source"},
                     staged);
    return transaction
        .execute("SELECT portfoliod.merge_prices($1, ($2::date - $3::interval)::date)",
                 {finality == Finality::final, today, policy.close_only_after})
        .one()
        .integer(0);
}

void store_events(db::Transaction& transaction, int asset_id, market::PriceAnswer const& answer) {
    if (answer.splits.empty() && answer.dividends.empty()) return;
    std::string splits;
    for (auto const& split : answer.splits)
        splits += fmt::format(R"({}{{"ex_date":"{}","numerator":{},"denominator":{}}})",
                              splits.empty() ? "" : ",", to_text(split.ex_date), split.numerator,
                              split.denominator);
    std::string dividends;
    for (auto const& dividend : answer.dividends)
        dividends +=
            fmt::format(R"({}{{"ex_date":"{}","amount":{}}})", dividends.empty() ? "" : ",",
                        to_text(dividend.ex_date), dividend.amount);
    transaction.execute("SELECT portfoliod.store_events($1, $2, $3, $4)",
                        {asset_id, answer.source, "[" + splits + "]", "[" + dividends + "]"});
}

int store_rates(db::Transaction& transaction, std::string const& source,
                std::vector<market::RateRow> const& rows) {
    if (rows.empty()) return 0;
    std::vector<db::CopyRow> staged;
    staged.reserve(rows.size());
    for (auto const& row : rows)
        staged.push_back({row.currency, to_text(row.timestamp), row.rate_to_usd,
                          row.source.empty() ? source : row.source});
    transaction.execute("SELECT portfoliod.prepare_staging()");
    transaction.copy("rate_staging", {"currency_code", "observed_at", "rate_to_usd", "source"},
                     staged);
    return transaction.execute("SELECT portfoliod.merge_rates()").one().integer(0);
}

} // namespace portfoliod::tracking
