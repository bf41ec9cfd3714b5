#include "performance/performance.hpp"

#include "base/log.hpp"
#include "performance/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace portfoliod::performance {

namespace {

// Portfolios read and valued at once: all their trades are in memory then.
constexpr std::size_t batch_max = 100;

template <int Scale>
std::string json(std::optional<valuation::Fixed<Scale>> const& value) {
    return value ? value->to_text() : "null";
}

/// One object with the cache's column names.
std::string json(int portfolio, valuation::Figures const& figures) {
    return fmt::format(
        R"({{"portfolio_id":{},"current_value_usd":{},"total_invested_usd":{},"total_return_pct":{},)"
        R"("realized_gain_usd":{},"unrealized_gain_usd":{},"fees_usd":{},"priced_share_pct":{},"status":"{}"}})",
        portfolio, figures.current_value_usd.to_text(), figures.total_invested_usd.to_text(),
        json(figures.total_return_pct), figures.realized_gain_usd.to_text(),
        figures.unrealized_gain_usd.to_text(), figures.fees_usd.to_text(),
        json(figures.priced_share_pct), valuation::to_text(figures.status));
}

/// The portfolio's figures as JSON, or nothing, with the reason logged, when it cannot be valued.
std::optional<std::string> value_one(int portfolio, Inputs const& inputs, Day today) {
    try {
        if (!inputs.unreadable.empty()) throw valuation::CannotValue{inputs.unreadable};
        auto const figures =
            valuation::current_figures(inputs.holdings, inputs.trades, inputs.splits, today);
        if (figures.percentage_too_large)
            log::notice(fmt::format("portfolio {}: its total return is beyond what the column "
                                    "holds and is left empty",
                                    portfolio),
                        {{"PORTFOLIO_ID", portfolio}});
        return json(portfolio, figures);
    } catch (std::exception const& e) {
        log::error(fmt::format("portfolio {} cannot be valued and keeps its old figures: {}",
                               portfolio, e.what()),
                   {{"PORTFOLIO_ID", portfolio}});
        return std::nullopt;
    }
}

std::vector<int> ids(db::Rows const& rows) {
    std::vector<int> ids;
    ids.reserve(static_cast<std::size_t>(rows.size()));
    for (auto const row : rows) ids.push_back(row.integer(0));
    return ids;
}

/// portfolios sorted, as lock_portfolios() returns them.
void refresh_batch(db::Transaction& transaction, std::vector<int> const& portfolios, Day today,
                   Refreshed& refreshed) {
    auto const locked =
        ids(transaction.execute("SELECT portfoliod.lock_portfolios($1)", {portfolios}));
    std::ranges::set_difference(portfolios, locked, std::back_inserter(refreshed.held_back));
    if (locked.empty()) return;
    std::string figures;
    for (auto const& [portfolio, inputs] : read_inputs(transaction, locked, today))
        if (auto const one = value_one(portfolio, inputs, today))
            figures += (figures.empty() ? "[" : ",") + *one;
    if (figures.empty()) return;
    refreshed.changed +=
        transaction.execute("SELECT portfoliod.store_performance($1)", {figures + "]"})
            .one()
            .integer(0);
}

} // namespace

Refreshed refresh(db::Transaction& transaction, std::vector<int> const& portfolios, Day today) {
    Refreshed refreshed;
    // In batches, so that memory does not grow with the number of holders.
    for (std::size_t begin = 0; begin < portfolios.size(); begin += batch_max) {
        auto const first = portfolios.begin() + static_cast<std::ptrdiff_t>(begin);
        auto const size = std::min(batch_max, portfolios.size() - begin);
        refresh_batch(transaction, {first, first + static_cast<std::ptrdiff_t>(size)}, today,
                      refreshed);
    }
    return refreshed;
}

std::vector<int> portfolios_after(db::Transaction& transaction, int last, int batch_max) {
    return ids(
        transaction.execute("SELECT portfoliod.portfolios_to_refresh($1, $2)", {last, batch_max}));
}

std::vector<int> affected(db::Transaction& transaction, std::vector<int> const& assets,
                          std::vector<std::string> const& currencies) {
    if (assets.empty() && currencies.empty()) return {};
    return ids(
        transaction.execute("SELECT portfoliod.affected_portfolios($1, $2)", {assets, currencies}));
}

} // namespace portfoliod::performance
