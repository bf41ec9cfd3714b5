-- portfoliod.accept(id): admits a quarantined price, or rate, after a person has judged it.
--
-- Stores it as the day's final close (a quote: its provisional one), in place of what is there unless that was typed by hand, and
-- marks the quarantine row. What that speaks for is released with it, see release_quarantine(): after a true jump the other days of
-- the new level. Returns the asset's id (of a rate NULL). A price of zero or below is admitted for commodities only (crude oil, April 2020).
-- Writes asset_prices or exchange_rates (whose triggers announce it) and portfoliod.quarantine.

CREATE OR REPLACE FUNCTION portfoliod.accept(of_id bigint) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    doubt record;
BEGIN
    -- In turn with merge_prices(), which takes prices first and then what is in quarantine.
    PERFORM portfoliod.lock_judgement(q.asset_id) FROM portfoliod.quarantine AS q WHERE q.id = of_id;
    SELECT q.*, a.symbol, a.asset_type INTO doubt
      FROM portfoliod.quarantine q LEFT JOIN public.assets a ON a.id = q.asset_id WHERE q.id = of_id FOR UPDATE OF q;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no row % in portfoliod.quarantine', of_id USING ERRCODE = 'no_data_found';
    END IF;
    IF doubt.currency_code IS NOT NULL THEN
        INSERT INTO public.exchange_rates AS r (currency_code, rate_to_usd, timestamp, source)
        VALUES (doubt.currency_code, doubt.value, doubt.observed_at, doubt.source)
        ON CONFLICT (currency_code, timestamp) DO UPDATE SET rate_to_usd = excluded.rate_to_usd, source = excluded.source
         WHERE r.source IS DISTINCT FROM 'manual';
        UPDATE portfoliod.quarantine SET accepted_at = now() AT TIME ZONE 'UTC' WHERE id = of_id;
        RETURN NULL;
    END IF;
    IF doubt.value <= 0 AND doubt.asset_type <> 'commodity' THEN
        RAISE EXCEPTION '% cannot be the price of %: zero or below is possible for commodities only',
            doubt.value, doubt.symbol USING ERRCODE = 'check_violation';
    END IF;
    PERFORM portfoliod.ensure_price_partition(extract(year FROM doubt.price_date)::int);
    INSERT INTO public.asset_prices AS p (asset_id, timestamp, close, source, is_final)
    VALUES (doubt.asset_id, doubt.price_date, doubt.value, doubt.source, doubt.is_final)
    ON CONFLICT (asset_id, timestamp) DO UPDATE
       SET open = NULL, high = NULL, low = NULL, volume = NULL,
           close = excluded.close, source = excluded.source, is_final = excluded.is_final
     WHERE p.source <> 'manual' AND (excluded.is_final OR NOT p.is_final);
    UPDATE portfoliod.quarantine SET accepted_at = now() AT TIME ZONE 'UTC' WHERE id = of_id;
    PERFORM portfoliod.release_quarantine(ARRAY[doubt.asset_id]);
    RETURN doubt.asset_id;
END $$;
