-- merge_prices(final, close_only_before): writes the staged bars into asset_prices and returns how many rows changed; the same bars
-- again change nothing.
--   final = true   finished days: replaces provisional rows, and final ones of the same source that were corrected since;
--   final = false  a quote: provisional, replaces only provisional rows.
-- A row whose source is 'manual' is never touched, nor a final row of another source. Bars of days before
-- close_only_before keep their close alone (seed: data older than two years).
-- Touches: asset_prices and its partitions; reads pg_temp.price_staging (see prepare_staging()).
CREATE OR REPLACE FUNCTION portfoliod.merge_prices(final boolean, close_only_before date)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    changed integer;
BEGIN
    PERFORM portfoliod.ensure_price_partition(missing.year)
    FROM (
        SELECT DISTINCT extract(year FROM staged.price_date)::integer AS year
        FROM pg_temp.price_staging AS staged
    ) AS missing
    WHERE to_regclass(format('public.asset_prices_%s', missing.year)) IS NULL;

    INSERT INTO public.asset_prices AS price
        (asset_id, timestamp, open, high, low, close, volume, source, is_final)
    SELECT staged.asset_id, staged.price_date,
           CASE WHEN kept.bar THEN staged.open END, CASE WHEN kept.bar THEN staged.high END,
           CASE WHEN kept.bar THEN staged.low END, staged.close,
           CASE WHEN kept.bar THEN staged.volume END, staged.source, final
    FROM pg_temp.price_staging AS staged
    CROSS JOIN LATERAL (SELECT staged.price_date >= close_only_before AS bar) AS kept
    ORDER BY staged.asset_id, staged.price_date
    ON CONFLICT (asset_id, timestamp) DO UPDATE
    SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
        volume = excluded.volume, source = excluded.source, is_final = excluded.is_final
    WHERE price.source <> 'manual'
      AND (NOT price.is_final OR (final AND price.source = excluded.source))
      AND (price.open, price.high, price.low, price.close, price.volume, price.source, price.is_final)
          IS DISTINCT FROM
          (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.source,
           excluded.is_final);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;
