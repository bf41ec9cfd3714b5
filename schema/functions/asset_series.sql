-- asset_series(asset_ids, since, until): the daily closes of the i-th asset from the i-th day to `until`, with the last one before that day: by asset
-- and time. One statement a run, so that what many portfolios hold is read once.
-- Reads: asset_prices.
CREATE OR REPLACE FUNCTION portfoliod.asset_series(asset_ids integer[], since date[], until date)
RETURNS TABLE (asset_id integer, close numeric, day date, is_final boolean)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT wanted.id, price.close, price.timestamp::date, price.is_final
    FROM unnest(asset_ids, since) AS wanted (id, day)
    CROSS JOIN LATERAL (
        (SELECT before.close, before.timestamp, before.is_final FROM public.asset_prices AS before
         WHERE before.asset_id = wanted.id AND before.timestamp < wanted.day ORDER BY before.timestamp DESC LIMIT 1)
        UNION ALL
        (SELECT of_day.close, of_day.timestamp, of_day.is_final FROM public.asset_prices AS of_day
         WHERE of_day.asset_id = wanted.id AND of_day.timestamp >= wanted.day AND of_day.timestamp < until + 1)) AS price
    ORDER BY wanted.id, price.timestamp;
END
$$;
