-- daily_inputs(portfolio_ids, first_days): what the positions of the i-th portfolio were from the i-th day on, in one statement and so of one moment. One row a
-- fact; what the columns a … f hold depends on kind:
--   opening   through, held, last trade's price: a checkpoint that holds and ends before that day
--   trade     buy or sell, time, quantity, price, fee, rate to USD as in valuation_inputs(). Those after the opening
--   split     ex_date, numerator, denominator, due by today
-- Positions closed before that day are left out.
-- Reads: portfolio_positions, portfoliod.ledger_checkpoints, assets, transactions, exchange_rates, asset_splits.
CREATE OR REPLACE FUNCTION portfoliod.daily_inputs(portfolio_ids integer[], first_days date[], today date)
RETURNS TABLE (kind text, portfolio_id integer, asset_id integer, a text, b text, c text, d text, e text, f text)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off AS $$
BEGIN
    RETURN QUERY
    WITH pos AS MATERIALIZED (
        SELECT position.portfolio_id, position.asset_id, position.last_trade_at, asset.native_currency AS currency,
               checkpoint.through, checkpoint.held, checkpoint.last_trade_price
        FROM unnest(portfolio_ids, first_days) AS due (id, day)
        JOIN public.portfolio_positions AS position ON position.portfolio_id = due.id
        JOIN public.assets AS asset ON asset.id = position.asset_id
        LEFT JOIN LATERAL (
            SELECT kept.* FROM portfoliod.ledger_checkpoints AS kept
            WHERE kept.position_id = position.id AND kept.restatements = position.restatements
              AND kept.through < due.day OFFSET 0) AS checkpoint ON true
        WHERE position.quantity > 0 OR position.last_trade_at >= due.day
    )
    SELECT 'opening', pos.portfolio_id, pos.asset_id, pos.through::text, pos.held::text, pos.last_trade_price::text,
           NULL::text, NULL::text, NULL::text
    FROM pos
    UNION ALL
    SELECT 'trade', pos.portfolio_id, pos.asset_id, trade.transaction_type::text, trade.timestamp::text, trade.quantity::text,
           trade.price::text, coalesce(trade.fee, 0)::text,
           CASE WHEN trade.rate_to_usd IS NOT NULL THEN trade.rate_to_usd::text
                WHEN pos.currency = 'USD' THEN '1'
                ELSE (SELECT rate.rate_to_usd::text FROM public.exchange_rates AS rate
                      WHERE rate.currency_code = pos.currency AND rate.timestamp < trade.timestamp::date + 1
                      ORDER BY rate.timestamp DESC LIMIT 1) END
    FROM pos
    JOIN public.transactions AS trade
        ON trade.portfolio_id = pos.portfolio_id AND trade.asset_id = pos.asset_id
       AND trade.timestamp > coalesce(pos.through, '-infinity')
    WHERE pos.last_trade_at > coalesce(pos.through, '-infinity')
    UNION ALL
    SELECT 'split', pos.portfolio_id, pos.asset_id, split.ex_date::text, split.numerator::text, split.denominator::text, NULL, NULL, NULL
    FROM pos
    CROSS JOIN LATERAL (
        SELECT due.ex_date, due.numerator, due.denominator FROM public.asset_splits AS due
        WHERE due.asset_id = pos.asset_id AND due.ex_date <= daily_inputs.today OFFSET 0) AS split;
END
$$;
