#include "performance/performance.hpp"

#include "base/log.hpp"
#include "performance/inputs.hpp"
#include "performance/restatements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

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
        R"("day_change_pct":{},"week_change_pct":{},"month_change_pct":{},"year_change_pct":{},)"
        R"("realized_gain_usd":{},"unrealized_gain_usd":{},"fees_usd":{},"priced_share_pct":{},)"
        R"("twr_pct":{},"xirr_pct":{},"status":"{}"}})",
        portfolio, figures.current_value_usd.to_text(), figures.total_invested_usd.to_text(),
        json(figures.total_return_pct), json(figures.day_change_pct), json(figures.week_change_pct),
        json(figures.month_change_pct), json(figures.year_change_pct),
        figures.realized_gain_usd.to_text(), figures.unrealized_gain_usd.to_text(),
        figures.fees_usd.to_text(), json(figures.priced_share_pct), json(figures.twr_pct),
        json(figures.xirr_pct), valuation::to_text(figures.status));
}

// With fewer trades than that since the last ones, writing new checkpoints costs more than it saves.
constexpr std::size_t worth_a_checkpoint = 16;
// While trades come one by one, so few are written at a time: one trade's figures do not wait for the checkpoints of all.
constexpr std::size_t checkpoints_at_once = 4;

std::string quoted(Day day) { return fmt::format("\"{}\"", to_text(day)); }

/// What stands between the brackets of a JSON array.
template <class Entries, class Text>
std::string list(Entries const& entries, Text const& text) {
    std::string out;
    for (auto const& entry : entries) out += (out.empty() ? "" : ",") + text(entry);
    return out;
}

/// One object with the columns of portfoliod.ledger_checkpoints.
std::string json(PositionVersion const& version, valuation::Checkpoint const& checkpoint) {
    auto const& position = checkpoint.position;
    auto const& totals = position.totals;
    return fmt::format(
        R"({{"position_id":{},"restatements":{},"through":"{}","held":{},"average_cost":{},)"
        R"("average_for":{},"cost_known":{},"last_trade_price":{},"invested":{},"proceeds":{},)"
        R"("fees":{},"realized":{},"complete":{},"flows":"{}",)"
        R"("recent_days":[{}],"recent_inflow":[{}],"recent_outflow":[{}]}})",
        version.id, version.restatements, to_text(checkpoint.through), position.held.to_text(),
        position.average_cost.to_text(), position.average_for.to_text(), position.cost_known,
        json(position.last_trade_price), totals.invested.to_text(), totals.proceeds.to_text(),
        totals.fees.to_text(), totals.realized.to_text(), totals.complete,
        list(position.flows,
             [](auto const& flow) {
                 return fmt::format("{} {}", flow.day.time_since_epoch().count(), flow.usd);
             }),
        list(position.recent, [](auto const& recent) { return quoted(recent.day); }),
        list(position.recent, [](auto const& recent) { return recent.flows.inflow.to_text(); }),
        list(position.recent, [](auto const& recent) { return recent.flows.outflow.to_text(); }));
}

/// A JSON array that grows object by object.
class Objects {
  public:
    void add(std::string const& object) { text_ += (empty() ? "" : ",") + object; }

    [[nodiscard]] bool empty() const { return text_.size() == 1; }

    [[nodiscard]] std::string text() const { return text_ + "]"; }

  private:
    std::string text_{"["};
};

/// Computed and not yet written.
struct Results {
    Objects figures;
    Objects checkpoints;
};

/// Of the positions with the most trades since their last ones.
void keep_checkpoints(Results& results, Inputs const& inputs, valuation::Ledger const& ledger) {
    if (inputs.trades.size() < worth_a_checkpoint) return;
    std::map<int, std::size_t> trades;
    for (auto const& trade : inputs.trades) ++trades[trade.asset_id];
    std::vector<valuation::Checkpoint const*> made;
    for (auto const& checkpoint : ledger.checkpoints) made.push_back(&checkpoint);
    if (inputs.trades.size() < 2 * worth_a_checkpoint && made.size() > checkpoints_at_once) {
        auto const most = [&](valuation::Checkpoint const* checkpoint) {
            return trades.at(checkpoint->position.asset_id);
        };
        std::ranges::partial_sort(made, made.begin() + checkpoints_at_once, std::ranges::greater{},
                                  most);
        made.resize(checkpoints_at_once);
    }
    for (auto const* checkpoint : made)
        results.checkpoints.add(
            json(inputs.versions.at(checkpoint->position.asset_id), *checkpoint));
}

/// A portfolio that cannot be valued is logged and noted, with the reason, and adds nothing.
void value_one(db::Transaction& transaction, Results& results, int portfolio, Inputs const& inputs,
               Day today) {
    try {
        if (!inputs.unreadable.empty()) throw valuation::CannotValue{inputs.unreadable};
        auto const ledger = valuation::replay(inputs.trades, inputs.splits, today, inputs.openings);
        auto const figures = valuation::current_figures(
            inputs.holdings, ledger, today, inputs.history ? &*inputs.history : nullptr);
        if (figures.percentage_too_large)
            log::happened(Happening::percentage_too_large,
                          fmt::format("portfolio {}: a percentage is beyond what its column holds "
                                      "and is left empty",
                                      portfolio),
                          {{"PORTFOLIO_ID", portfolio}});
        results.figures.add(json(portfolio, figures));
        keep_checkpoints(results, inputs, ledger);
    } catch (std::exception const& e) {
        note_problem(transaction, portfolio, "current", e.what());
    }
}

std::vector<int> ids(db::Rows const& rows) {
    std::vector<int> ids;
    ids.reserve(static_cast<std::size_t>(rows.size()));
    for (auto const row : rows) ids.push_back(row.integer(0));
    return ids;
}

/// portfolios sorted; locked: those of them that could be.
void refresh_batch(db::Transaction& transaction, std::span<int const> portfolios, Day today,
                   std::map<int, Inputs> const& locked, Refreshed& refreshed) {
    std::ranges::copy_if(portfolios, std::back_inserter(refreshed.held_back),
                         [&](int portfolio) { return !locked.contains(portfolio); });
    Results results;
    for (auto const& [portfolio, inputs] : locked)
        value_one(transaction, results, portfolio, inputs, today);
    if (results.figures.empty()) return; // then there are no checkpoints either
    refreshed.changed += transaction
                             .execute("SELECT portfoliod.store_performance($1, $2)",
                                      {results.figures.text(), results.checkpoints.text()})
                             .one()
                             .integer(0);
}

} // namespace

Refreshed refresh(db::Transaction& transaction, std::vector<int> const& portfolios, Day today,
                  std::vector<Restatement> const& restated) {
    Refreshed refreshed;
    // In batches, so that memory does not grow with the number of holders.
    for (std::size_t begin = 0; begin < portfolios.size(); begin += batch_max) {
        auto const batch =
            std::span{portfolios}.subspan(begin, std::min(batch_max, portfolios.size() - begin));
        auto const locked =
            lock_and_read_inputs(transaction, {batch.begin(), batch.end()}, today, restated);
        refresh_batch(transaction, batch, today, locked, refreshed);
    }
    return refreshed;
}

Refreshed refresh(db::Transaction& transaction, std::vector<int> const& portfolios, Day today,
                  std::map<int, Inputs> const& locked) {
    Refreshed refreshed;
    refresh_batch(transaction, portfolios, today, locked, refreshed);
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
