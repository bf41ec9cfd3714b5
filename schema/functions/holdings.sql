-- holdings(portfolio_ids): what each of these portfolios holds, with all that its current value and status rest on: the last
-- close and its date, whether that is provisional, whether history is still on its way, and the latest rate of the
-- asset's currency and its day (USD: 1, without a day).
-- Rows only: the figures are made of them by the daemon.
-- Reads: portfolio_positions, assets, asset_prices, exchange_rates, backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.holdings(portfolio_ids integer[])
RETURNS TABLE (portfolio_id integer, asset_id integer, currency text, quantity numeric,
               close numeric, price_date date, provisional boolean, history_pending boolean,
               rate_to_usd numeric, rate_date date)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT pos.portfolio_id, pos.asset_id, asset.native_currency::text, pos.quantity,
           price.close, price.timestamp::date, NOT price.is_final,
           EXISTS (SELECT FROM public.backfill_queue AS job
                   WHERE job.asset_id = pos.asset_id AND job.status IN ('pending', 'in_progress', 'rate_limited')),
           CASE asset.native_currency WHEN 'USD' THEN 1 ELSE rate.rate_to_usd END, rate.timestamp::date
    FROM public.portfolio_positions AS pos
    JOIN public.assets AS asset ON asset.id = pos.asset_id
    LEFT JOIN LATERAL (
        SELECT p.close, p.timestamp, p.is_final FROM public.asset_prices AS p
        WHERE p.asset_id = pos.asset_id ORDER BY p.timestamp DESC LIMIT 1) AS price ON true
    LEFT JOIN LATERAL (
        SELECT r.rate_to_usd, r.timestamp FROM public.exchange_rates AS r
        WHERE r.currency_code = asset.native_currency AND asset.native_currency <> 'USD'
        ORDER BY r.timestamp DESC LIMIT 1) AS rate ON true
    WHERE pos.portfolio_id = ANY (portfolio_ids) AND pos.quantity > 0
    ORDER BY pos.portfolio_id, pos.asset_id;
END
$$;
