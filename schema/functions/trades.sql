-- trades(portfolio_ids): every transaction of these portfolios in the ledger's order (by time, and within one time all buys before
-- all sales) with the rate to USD of its day: the broker's own where the transaction carries one, else the last one
-- before the end of that UTC day; NULL where there is none; 1 for USD.
-- Reads: transactions, assets, exchange_rates.
CREATE OR REPLACE FUNCTION portfoliod.trades(portfolio_ids integer[])
RETURNS TABLE (portfolio_id integer, asset_id integer, is_buy boolean, traded_at timestamp,
               quantity numeric, price numeric, fee numeric, rate_to_usd numeric)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT trade.portfolio_id, trade.asset_id, trade.transaction_type = 'buy', trade.timestamp,
           trade.quantity, trade.price, coalesce(trade.fee, 0),
           CASE WHEN trade.rate_to_usd IS NOT NULL THEN trade.rate_to_usd
                WHEN asset.native_currency = 'USD' THEN 1
                ELSE (SELECT r.rate_to_usd FROM public.exchange_rates AS r
                      WHERE r.currency_code = asset.native_currency
                        AND r.timestamp < trade.timestamp::date + 1
                      ORDER BY r.timestamp DESC LIMIT 1) END
    FROM public.transactions AS trade
    JOIN public.assets AS asset ON asset.id = trade.asset_id
    WHERE trade.portfolio_id = ANY (portfolio_ids)
    ORDER BY trade.portfolio_id, trade.timestamp, trade.transaction_type, trade.id;
END
$$;
