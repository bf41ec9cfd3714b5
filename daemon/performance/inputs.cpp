#include "performance/inputs.hpp"

namespace portfoliod::performance {

namespace {

using valuation::Money;
using valuation::Price;
using valuation::Quantity;
using valuation::Rate;

// What the columns a … t of valuation_inputs() hold, kind by kind.

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
    return opening;
}

void add_position(Inputs& inputs, db::Row const& row) {
    inputs.versions[row.integer(2)] = {row.integer(3), row.integer(4)};
    inputs.holdings.push_back(holding(row));
    if (!row.is_null(12)) inputs.openings.push_back(opening(row));
}

valuation::Trade trade(db::Row const& row) {
    valuation::Trade trade;
    trade.asset_id = row.integer(2);
    trade.side = row.text(3) == "buy" ? valuation::Side::buy : valuation::Side::sell;
    trade.timestamp = row.instant(4);
    trade.quantity = Quantity::parse(row.text(5));
    trade.price = Price::parse(row.text(6));
    trade.fee = Price::parse(row.text(7));
    if (!row.is_null(8)) trade.rate = Rate::parse(row.text(8));
    return trade;
}

valuation::Split split(db::Row const& row) {
    return {row.integer(2), row.day(3), valuation::SplitTerm::parse(row.text(4)),
            valuation::SplitTerm::parse(row.text(5))};
}

/// Adds the row to its portfolio's inputs; one that no figure can be made of marks its own portfolio only.
void add(std::map<int, Inputs>& inputs, db::Row const& row) {
    auto& portfolio = inputs[row.integer(1)];
    try {
        auto const kind = row.text(0);
        if (kind == "position") add_position(portfolio, row);
        if (kind == "trade") portfolio.trades.push_back(trade(row));
        if (kind == "split") portfolio.splits.push_back(split(row));
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
             "l, m, n, o, p, q, r, s, t "
             "FROM portfoliod.valuation_inputs($1, $2)",
             {portfolios, today}))
        add(inputs, row);
    return inputs;
}

} // namespace portfoliod::performance
