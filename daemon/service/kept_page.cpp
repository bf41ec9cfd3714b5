#include "service/kept_page.hpp"

namespace portfoliod::service {

using valuation::Cents;
using valuation::Money;
using valuation::Price;
using valuation::Quantity;
using valuation::Rate;

KeptPage read_page(db::Transaction& transaction, int first, int last) {
    KeptPage page;
    for (auto const row : transaction.execute(
             "SELECT portfolio_id, asset_id, quantity, average_buy_price, first_purchase_date "
             "FROM portfolio_positions WHERE portfolio_id BETWEEN $1 AND $2",
             {first, last}))
        page.positions[{row.integer(0), row.integer(1)}] = {Quantity::parse(row.text(2)),
                                                            Price::parse(row.text(3)), row.day(4)};
    for (auto const row : transaction.execute(
             "SELECT pos.portfolio_id, pos.asset_id, kept.through, kept.held, kept.invested, "
             "kept.proceeds, kept.fees, kept.realized, kept.complete, CASE WHEN "
             "kept.cost_known "
             "THEN round(CASE WHEN kept.held = kept.average_for THEN kept.average_cost ELSE "
             "kept.average_cost * kept.held / nullif(kept.average_for, 0) END, 30) END "
             "FROM portfoliod.ledger_checkpoints AS kept JOIN portfolio_positions AS pos "
             "ON pos.id = kept.position_id AND pos.restatements = kept.restatements "
             "WHERE pos.portfolio_id BETWEEN $1 AND $2",
             {first, last}))
        page.checkpoints[{row.integer(0), row.integer(1)}] = {
            row.instant(2), Quantity::parse(row.text(3)),
            CountedMoney{Money::parse(row.text(4)), Money::parse(row.text(5)),
                         Money::parse(row.text(6)), Money::parse(row.text(7)), row.boolean(8)},
            row.is_null(9) ? std::nullopt : std::optional{Money::parse(row.text(9))}};
    for (auto const row : transaction.execute(
             "SELECT portfolio_id, current_value_usd, total_invested_usd, realized_gain_usd, "
             "unrealized_gain_usd, fees_usd, status = 'incomplete' "
             "FROM portfolio_performance_cache WHERE portfolio_id BETWEEN $1 AND $2 "
             // One without is one to be valued.
             "AND num_nulls(current_value_usd, total_invested_usd, realized_gain_usd, "
             "unrealized_gain_usd, fees_usd, status) = 0",
             {first, last}))
        page.figures[row.integer(0)] = {Cents::parse(row.text(1)), Cents::parse(row.text(2)),
                                        Cents::parse(row.text(3)), Cents::parse(row.text(4)),
                                        Cents::parse(row.text(5)), row.boolean(6)};
    return page;
}

std::map<PositionKey, std::vector<CountedTrade>> read_trades(db::Transaction& transaction,
                                                             int first, int last) {
    std::map<PositionKey, std::vector<CountedTrade>> trades;
    for (auto const row : transaction.execute(
             "SELECT trade.portfolio_id, trade.asset_id, trade.timestamp, "
             "trade.transaction_type = 'buy', trade.quantity, trade.price, "
             "coalesce(trade.fee, 0), coalesce(trade.rate_to_usd, "
             "CASE asset.native_currency WHEN 'USD' THEN 1 ELSE (SELECT rate.rate_to_usd "
             "FROM exchange_rates AS rate WHERE rate.currency_code = asset.native_currency AND "
             "rate.timestamp < date_trunc('day', trade.timestamp) + interval '1 day' "
             "ORDER BY rate.timestamp DESC LIMIT 1) END) "
             "FROM transactions AS trade JOIN assets AS asset ON asset.id = trade.asset_id "
             "WHERE trade.portfolio_id BETWEEN $1 AND $2 "
             "ORDER BY trade.portfolio_id, trade.asset_id, trade.timestamp, "
             "trade.transaction_type",
             {first, last})) {
        CountedTrade trade{row.instant(2),
                           row.boolean(3),
                           Quantity::parse(row.text(4)),
                           Price::parse(row.text(5)),
                           Price::parse(row.text(6)),
                           {}};
        if (!row.is_null(7)) trade.rate = Rate::parse(row.text(7));
        trades[{row.integer(0), row.integer(1)}].push_back(trade);
    }
    return trades;
}

CountedSplits read_splits(db::Transaction& transaction, Day today) {
    CountedSplits splits;
    for (auto const row :
         transaction.execute("SELECT asset_id, ex_date, numerator, denominator FROM asset_splits "
                             "WHERE ex_date <= $1 ORDER BY asset_id, ex_date",
                             {today}))
        splits[row.integer(0)].push_back({row.day(1), valuation::SplitTerm::parse(row.text(2)),
                                          valuation::SplitTerm::parse(row.text(3))});
    return splits;
}

} // namespace portfoliod::service
