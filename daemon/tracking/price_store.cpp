#include "tracking/price_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::tracking {

namespace {

void stage(db::Transaction& transaction, std::vector<PricesOf> const& prices) {
    std::vector<db::CopyRow> staged;
    for (auto const& [asset_id, answer] : prices) {
        auto const asset = std::to_string(asset_id);
        for (auto const& row : answer.rows) {
            auto const volume =
                row.volume ? std::optional{std::to_string(*row.volume)} : std::nullopt;
            staged.push_back({asset, to_text(row.date), row.open, row.high, row.low, row.close,
                              volume, answer.source});
        }
    }
    if (staged.empty()) return;
    transaction.copy("price_staging",
                     {"asset_id", "price_date", "open", "high", "low", "close", "volume", "source"},
                     staged);
}

std::string quoted(std::string const& text) {
    std::string out{'"'};
    for (char const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + '"';
}

void quarantine(db::Transaction& transaction, int asset_id, market::PriceAnswer const& answer,
                Finality finality) {
    std::string doubtful;
    for (auto const& price : answer.doubtful)
        doubtful += fmt::format(R"({}{{"price_date":"{}","value":{},"reason":{},"excerpt":{}}})",
                                doubtful.empty() ? "" : ",", to_text(price.date),
                                quoted(price.value), quoted(price.reason), quoted(price.excerpt));
    transaction.execute(
        "SELECT portfoliod.quarantine_values($1, $2, $3, $4)",
        {asset_id, answer.source, finality == Finality::final, "[" + doubtful + "]"});
}

} // namespace

std::vector<int> store_prices(db::Transaction& transaction, std::vector<PricesOf> const& prices,
                              Finality finality, Day today, Policy const& policy) {
    std::vector<int> changed(prices.size());
    auto const says_nothing = [](PricesOf const& of) {
        return of.answer.rows.empty() && of.answer.doubtful.empty();
    };
    if (std::ranges::all_of(prices, says_nothing)) return changed;
    transaction.execute("SELECT portfoliod.prepare_staging()");
    stage(transaction, prices);
    std::vector<int> assets;
    for (auto const& [asset_id, answer] : prices) {
        assets.push_back(asset_id);
        if (!answer.doubtful.empty()) quarantine(transaction, asset_id, answer, finality);
    }
    transaction.execute(
        "SELECT portfoliod.apply_price_factor(asset_id) FROM unnest($1::int[]) AS asset_id",
        {assets});
    for (auto const& [asset_id, answer] : prices)
        if (answer.unadjusted)
            transaction.execute("SELECT portfoliod.convert_staged($1, $2)", {asset_id, today});
    for (auto const row : transaction.execute(
             "SELECT merged_asset, rows_changed FROM portfoliod.merge_prices($1, ($2::date - "
             "$3::interval)::date)",
             {finality == Finality::final, today, policy.close_only_after})) {
        auto const at = std::ranges::find(assets, row.integer(0)) - assets.begin();
        changed.at(static_cast<std::size_t>(at)) = row.integer(1);
    }
    return changed;
}

int store_events(db::Transaction& transaction, int asset_id, DayRange asked,
                 market::PriceAnswer const& answer) {
    if (answer.splits.empty() && answer.dividends.empty() && !answer.tells_splits) return 0;
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
    auto const told =
        answer.tells_splits
            ? std::optional{fmt::format("[{},{}]", to_text(asked.first), to_text(asked.last))}
            : std::nullopt;
    return transaction
        .execute("SELECT portfoliod.store_events($1, $2, $3, $4, $5)",
                 {asset_id, answer.source, "[" + splits + "]", "[" + dividends + "]", told})
        .one()
        .integer(0);
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
