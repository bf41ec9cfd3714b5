#include "performance/inputs.hpp"

#include "base/error.hpp"
#include "performance/row_values.hpp"

#include <fmt/format.h>

#include <charconv>

namespace portfoliod::performance {

namespace {

using valuation::Money;
using valuation::Price;
using valuation::Quantity;
using valuation::Rate;

// What the columns a … x of valuation_inputs() hold, kind by kind.

valuation::Holding holding(db::Row const& row) {
    valuation::Holding holding;
    holding.asset_id = row.integer(2);
    holding.quantity = Quantity::parse(row.text(5));
    if (!row.is_null(6))
        holding.close = valuation::Close{Price::parse(row.text(6)), row.day(7), row.boolean(8)};
    holding.history_pending = row.boolean(9);
    // USD has a rate and no day: it has no age.
    if (!row.is_null(10))
        holding.rate =
            valuation::LatestRate{Rate::parse(row.text(10)), row.maybe(&db::Row::day, 11)};
    return holding;
}

[[noreturn]] void no_flows(std::string_view text) {
    throw Failure{fmt::format("'{}' are no flows of a checkpoint", text)};
}

/// "19723 1005.5,19745 -434.16": days since 1970-01-01 and USD.
std::vector<valuation::CashFlow> read_flows(std::string_view text) {
    std::vector<valuation::CashFlow> flows;
    auto const* at = text.data();
    auto const* const end = at + text.size();
    while (at != end) {
        auto day = 0;
        auto usd = 0.0;
        auto const days = std::from_chars(at, end, day);
        if (days.ec != std::errc{} || days.ptr == end || *days.ptr != ' ') no_flows(text);
        auto const amount = std::from_chars(days.ptr + 1, end, usd);
        if (amount.ec != std::errc{}) no_flows(text);
        flows.push_back({Day{std::chrono::days{day}}, usd});
        at = amount.ptr == end ? end : amount.ptr + 1;
    }
    return flows;
}

void read_recent(db::Row const& row, valuation::Position& position) {
    auto const days = array_parts(row.text(24));
    auto const inflow = array_parts(row.text(25));
    auto const outflow = array_parts(row.text(26));
    for (std::size_t i = 0; i < days.size(); ++i) {
        auto const day = parse_day(days[i]);
        if (!day) no_flows(days[i]);
        position.recent.push_back({*day,
                                   {.inflow = Money::parse(inflow.at(i)),
                                    .outflow = Money::parse(outflow.at(i)),
                                    .complete = position.totals.complete}});
    }
}

valuation::Checkpoint opening(db::Row const& row) {
    valuation::Checkpoint opening;
    opening.through = row.instant(12);
    auto& position = opening.position;
    position.asset_id = row.integer(2);
    position.held = Quantity::parse(row.text(13));
    position.average_cost = Money::parse(row.text(14));
    position.average_for = Quantity::parse(row.text(15));
    position.cost_known = row.boolean(16);
    if (!row.is_null(17)) position.last_trade_price = Price::parse(row.text(17));
    position.totals = {.invested = Money::parse(row.text(18)),
                       .proceeds = Money::parse(row.text(19)),
                       .fees = Money::parse(row.text(20)),
                       .realized = Money::parse(row.text(21)),
                       .complete = row.boolean(22)};
    position.flows = read_flows(row.text(23));
    read_recent(row, position);
    return opening;
}

void add_position(Inputs& inputs, db::Row const& row) {
    inputs.versions[row.integer(2)] = {row.integer(3), row.integer(4)};
    inputs.holdings.push_back(holding(row));
    if (!row.is_null(12)) inputs.openings.push_back(opening(row));
}

std::optional<valuation::Index> index(db::Row const& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return valuation::Index::parse(row.text(column));
}

std::optional<valuation::History> history(db::Row const& row) {
    if (row.boolean(3)) return std::nullopt; // snapshots are due
    valuation::History history;
    history.yesterday.complete = !row.is_null(4);
    if (!row.is_null(4)) history.yesterday.value = Money::parse(row.text(4));
    history.yesterday.index = index(row, 5);
    history.week = index(row, 6);
    history.month = index(row, 7);
    history.year = index(row, 8);
    return history;
}

/// Adds the row to its portfolio's inputs; one that no figure can be made of marks its own portfolio only.
void add(std::map<int, Inputs>& inputs, db::Row const& row) {
    auto& portfolio = inputs[row.integer(1)];
    try {
        auto const kind = row.text(0);
        if (kind == "position") add_position(portfolio, row);
        if (kind == "trade") portfolio.trades.push_back(read_trade(row, 3));
        if (kind == "split") portfolio.splits.push_back(read_split(row, 3));
        if (kind == "history") portfolio.history = history(row);
    } catch (std::exception const& e) {
        portfolio.unreadable = e.what();
    }
}

} // namespace

std::map<int, Inputs> read_inputs(db::Transaction& transaction, std::vector<int> const& portfolios,
                                  Day today) {
    std::map<int, Inputs> inputs;
    for (auto const id : portfolios) inputs[id];
    for (auto const row : transaction.execute(
             "SELECT kind, portfolio_id, asset_id, a, b, c, d, e, f, g, h, i, j, k, "
             "l, m, n, o, p, q, r, s, t, u, v, w, x "
             "FROM portfoliod.valuation_inputs($1, $2)",
             {portfolios, today}))
        add(inputs, row);
    return inputs;
}

} // namespace portfoliod::performance
