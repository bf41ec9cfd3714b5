#include "performance/daily_inputs.hpp"

#include "performance/row_values.hpp"

#include <algorithm>
#include <set>

namespace portfoliod::performance {

namespace {

void add(DailyInputs& inputs, db::Row const& row) {
    auto const kind = row.text(0);
    if (kind == "trade") inputs.trades.push_back(read_trade(row, 3));
    if (kind == "split") inputs.splits.push_back(read_split(row, 3));
    if (kind != "opening") return;
    inputs.assets.push_back(row.integer(2));
    if (row.is_null(3)) return;
    valuation::Checkpoint opening;
    opening.through = row.instant(3);
    opening.position.asset_id = row.integer(2);
    opening.position.held = valuation::Quantity::parse(row.text(4));
    if (!row.is_null(5)) opening.position.last_trade_price = valuation::Price::parse(row.text(5));
    inputs.openings.push_back(std::move(opening));
}

/// From which day on each asset is needed.
std::map<int, Day> first_days(std::vector<DuePortfolio> const& due,
                              std::map<int, DailyInputs> const& inputs) {
    std::map<int, Day> days;
    for (auto const& portfolio : due) {
        if (!portfolio.first) continue;
        for (auto const asset : inputs.at(portfolio.id).assets) {
            auto const [at, added] = days.try_emplace(asset, *portfolio.first);
            if (!added) at->second = std::min(at->second, *portfolio.first);
        }
    }
    return days;
}

void read_assets(db::Transaction& transaction, std::vector<int> const& ids, Day today,
                 MarketRead& market) {
    for (auto const row : transaction.execute("SELECT asset_id, symbol, currency_code, pending "
                                              "FROM portfoliod.assets_valued($1, $2)",
                                              {ids, today})) {
        auto const id = row.integer(0);
        market.symbols[id] = row.string(1);
        auto& series = market.series.assets[id];
        series.currency = row.string(2);
        series.pending = day_ranges(row.text(3));
    }
}

/// The later of two rows labelled with one day counts: they come in the order of time.
template <class Dated>
void append(std::vector<Dated>& series, Dated const& value) {
    if (!series.empty() && series.back().day == value.day)
        series.back() = value;
    else
        series.push_back(value);
}

// So many assets' closes are in one answer of the server: a thousand of them over a decade would be hundreds of megabytes.
constexpr std::size_t assets_at_once = 50;
constexpr auto long_range = std::chrono::days{92};

void read_closes(db::Transaction& transaction, std::map<int, Day> const& wanted, Day last,
                 MarketRead& market) {
    std::vector<int> ids;
    std::vector<std::string> since;
    auto read = [&] {
        if (ids.empty()) return;
        for (auto const row : transaction.execute("SELECT asset_id, close, day, is_final FROM "
                                                  "portfoliod.asset_series($1, $2, $3)",
                                                  {ids, since, last}))
            append(market.series.assets[row.integer(0)].closes,
                   {valuation::Price::parse(row.text(1)), row.day(2), !row.boolean(3)});
        ids.clear();
        since.clear();
    };
    auto is_long = false;
    for (auto const& [id, day] : wanted) {
        ids.push_back(id);
        since.push_back(to_text(day));
        is_long |= last - day > long_range;
        if (is_long && ids.size() >= assets_at_once) read();
    }
    read();
}

void read_rates(db::Transaction& transaction, Day since, Day last, MarketRead& market) {
    std::set<std::string> currencies;
    for (auto const& [id, asset] : market.series.assets)
        if (asset.currency != "USD") currencies.insert(asset.currency);
    if (currencies.empty()) return;
    std::vector<std::string> const codes{currencies.begin(), currencies.end()};
    for (auto const row : transaction.execute("SELECT currency_code, rate_to_usd, day, pending "
                                              "FROM portfoliod.rate_series($1, $2, $3)",
                                              {codes, since, last})) {
        auto& series = market.series.currencies[row.string(0)];
        if (series.pending.empty()) series.pending = day_ranges(row.text(3));
        if (!row.is_null(1))
            append(series.rates, {row.day(2), valuation::Rate::parse(row.text(1))});
    }
}

} // namespace

std::map<int, DailyInputs> read_daily_inputs(db::Transaction& transaction,
                                             std::vector<DuePortfolio> const& due, Day today) {
    std::map<int, DailyInputs> inputs;
    std::vector<int> ids;
    std::vector<std::string> days;
    for (auto const& portfolio : due) {
        inputs[portfolio.id];
        if (!portfolio.first) continue;
        ids.push_back(portfolio.id);
        days.push_back(to_text(*portfolio.first));
    }
    if (ids.empty()) return inputs;
    for (auto const row :
         transaction.execute("SELECT kind, portfolio_id, asset_id, a, b, c, d, e, f FROM "
                             "portfoliod.daily_inputs($1, $2, $3)",
                             {ids, days, today})) {
        auto& portfolio = inputs[row.integer(1)];
        try {
            add(portfolio, row);
        } catch (std::exception const& e) {
            portfolio.unreadable = e.what(); // marks this portfolio only
        }
    }
    return inputs;
}

MarketRead read_market(db::Transaction& transaction, std::vector<DuePortfolio> const& due,
                       std::map<int, DailyInputs> const& inputs, Day last) {
    MarketRead market;
    auto const wanted = first_days(due, inputs);
    if (wanted.empty()) return market;
    std::vector<int> ids;
    ids.reserve(wanted.size());
    auto earliest = last;
    for (auto const& [id, day] : wanted) {
        ids.push_back(id);
        earliest = std::min(earliest, day);
    }
    read_assets(transaction, ids, last + std::chrono::days{1}, market);
    read_closes(transaction, wanted, last, market);
    read_rates(transaction, earliest, last, market);
    return market;
}

} // namespace portfoliod::performance
