-- portfoliod.notify_prices_changed(): trigger function, after INSERT, UPDATE or DELETE statements on asset_prices, whoever
-- writes: the daemon, an application, a person in psql.
--
-- One outbox row and one prices_updated per asset, from the earliest day touched. Reads new_rows and/or old_rows;
-- writes portfoliod.pending_changes, portfoliod.price_coverage and tracked_assets.last_price_update.
--
-- An UPDATE counts only where close, its day or is_final differ: the upkeep that drops open, high, low and volume of old
-- days must not make every portfolio be valued again. Writing straight into a partition fires no trigger of the parent.

CREATE OR REPLACE FUNCTION portfoliod.notify_prices_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fields constant text := 'asset_id, timestamp, close, is_final';
    touched text := CASE TG_OP WHEN 'INSERT' THEN 'new_rows' WHEN 'DELETE' THEN 'old_rows'
        ELSE format('((SELECT %1$s FROM old_rows EXCEPT ALL SELECT %1$s FROM new_rows) UNION ALL
                      (SELECT %1$s FROM new_rows EXCEPT ALL SELECT %1$s FROM old_rows)) AS differing', fields) END;
    change record;
BEGIN
    -- INSERT … ON CONFLICT fires for UPDATE too, mostly of nothing.
    IF TG_OP = 'UPDATE' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN
            RETURN NULL;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        -- the index of priced assets that latest_asset_prices walks
        EXECUTE 'INSERT INTO portfoliod.price_coverage (asset_id, counted_splits)
                 SELECT n.asset_id, portfoliod.splits_in_effect(n.asset_id, (now() AT TIME ZONE ''UTC'')::date)
                   FROM (SELECT DISTINCT asset_id FROM new_rows) n
                  WHERE NOT EXISTS (SELECT FROM portfoliod.price_coverage c WHERE c.asset_id = n.asset_id)
                  ORDER BY n.asset_id ON CONFLICT DO NOTHING';
        -- locked in order of asset, so that two writers of several assets do not deadlock
        EXECUTE 'UPDATE public.tracked_assets SET last_price_update = now() AT TIME ZONE ''UTC''
                  WHERE asset_id IN (SELECT asset_id FROM public.tracked_assets
                                      WHERE asset_id IN (SELECT asset_id FROM new_rows)
                                      ORDER BY asset_id FOR NO KEY UPDATE)';
    END IF;
    FOR change IN EXECUTE format(
        'SELECT asset_id, min(timestamp)::date AS from_date, max(timestamp)::date AS to_date
           FROM %s GROUP BY asset_id ORDER BY asset_id', touched)
    LOOP
        INSERT INTO portfoliod.pending_changes (asset_id, from_date, holding_changed)
        VALUES (change.asset_id, change.from_date, false);
        PERFORM pg_notify('prices_updated', json_build_object(
            'asset_id', change.asset_id, 'from', change.from_date, 'to', change.to_date)::text);
    END LOOP;
    RETURN NULL;
END $$;
