-- verify_values(): the portfolios whose cached value is more than a cent off quantity × last close × last rate, among those whose figures rest on
-- prices and rates alone (status final or stale) and for which nothing waits in the outbox. Written apart from
-- valuation_inputs() and the daemon's arithmetic, which it judges.
-- Reads portfolio_performance_cache, portfolio_positions, assets, latest_asset_prices, latest_exchange_rates, portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.verify_values()
RETURNS TABLE (portfolio_id integer, kept numeric, recomputed numeric)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH price AS MATERIALIZED (SELECT latest.asset_id, latest.close FROM public.latest_asset_prices AS latest),
    rate AS MATERIALIZED (SELECT latest.currency_code, latest.rate_to_usd FROM public.latest_exchange_rates AS latest),
    worth AS (
        SELECT pos.portfolio_id,
               round(sum(pos.quantity * price.close
                         * CASE asset.native_currency WHEN 'USD' THEN 1 ELSE rate.rate_to_usd END), 2) AS usd
        FROM public.portfolio_positions AS pos
        JOIN public.assets AS asset ON asset.id = pos.asset_id
        LEFT JOIN price ON price.asset_id = pos.asset_id
        LEFT JOIN rate ON rate.currency_code = asset.native_currency
        WHERE pos.quantity > 0
        GROUP BY pos.portfolio_id
    )
    SELECT cache.portfolio_id, cache.current_value_usd, coalesce(worth.usd, 0)
    FROM public.portfolio_performance_cache AS cache
    LEFT JOIN worth ON worth.portfolio_id = cache.portfolio_id
    WHERE cache.status IN ('final', 'stale')
      AND abs(cache.current_value_usd - coalesce(worth.usd, 0)) > 0.01
      AND NOT EXISTS (SELECT FROM portfoliod.pending_changes AS change)
    ORDER BY cache.portfolio_id;
END;
