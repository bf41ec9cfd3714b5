#include "performance/inputs.hpp"

namespace portfoliod::performance {

namespace {

using valuation::Price;
using valuation::Quantity;
using valuation::Rate;

valuation::Holding holding(db::Row const& row) {
    valuation::Holding holding;
    holding.asset_id = row.integer(1);
    holding.quantity = Quantity::parse(row.text(3));
    if (!row.is_null(4))
        holding.close = valuation::Close{Price::parse(row.text(4)), row.day(5), row.boolean(6)};
    holding.history_pending = row.boolean(7);
    if (row.text(2) == "USD")
        holding.rate = valuation::LatestRate::usd();
    else if (!row.is_null(8))
        holding.rate = valuation::LatestRate{Rate::parse(row.text(8)), row.day(9)};
    return holding;
}

valuation::Trade trade(db::Row const& row) {
    valuation::Trade trade;
    trade.asset_id = row.integer(1);
    trade.side = row.boolean(2) ? valuation::Side::buy : valuation::Side::sell;
    trade.timestamp = row.instant(3);
    trade.quantity = Quantity::parse(row.text(4));
    trade.price = Price::parse(row.text(5));
    trade.fee = Price::parse(row.text(6));
    if (!row.is_null(7)) trade.rate = Rate::parse(row.text(7));
    return trade;
}

valuation::Split split(db::Row const& row) {
    return {row.integer(1), row.day(2), valuation::SplitTerm::parse(row.text(3)),
            valuation::SplitTerm::parse(row.text(4))};
}

/// Puts each row where its portfolio's inputs are; one that no figure can be made of marks its own
/// portfolio only.
template <class Item>
void distribute(std::map<int, Inputs>& inputs, db::Rows const& rows, Item (*read)(db::Row const&),
                std::vector<Item> Inputs::* where) {
    for (auto const row : rows) {
        auto& portfolio = inputs[row.integer(0)];
        try {
            (portfolio.*where).push_back(read(row));
        } catch (std::exception const& e) {
            portfolio.unreadable = e.what();
        }
    }
}

} // namespace

std::map<int, Inputs> read_inputs(db::Transaction& transaction, std::vector<int> const& portfolios,
                                  Day today) {
    std::map<int, Inputs> inputs;
    for (auto const id : portfolios) inputs[id];
    distribute(
        inputs,
        transaction.execute("SELECT portfolio_id, asset_id, currency, quantity, close, "
                            "price_date, provisional, history_pending, rate_to_usd, rate_date "
                            "FROM portfoliod.holdings($1)",
                            {portfolios}),
        holding, &Inputs::holdings);
    distribute(inputs,
               transaction.execute("SELECT portfolio_id, asset_id, is_buy, traded_at, quantity, "
                                   "price, fee, rate_to_usd FROM portfoliod.trades($1)",
                                   {portfolios}),
               trade, &Inputs::trades);
    distribute(inputs,
               transaction.execute("SELECT portfolio_id, asset_id, ex_date, numerator, denominator "
                                   "FROM portfoliod.splits_of($1, $2)",
                                   {portfolios, today}),
               split, &Inputs::splits);
    return inputs;
}

} // namespace portfoliod::performance
