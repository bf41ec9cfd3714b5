-- portfoliod.notify_prices_truncated(): trigger function, before TRUNCATE of asset_prices.
--
-- Afterwards nobody could tell whose prices they were: one outbox row and one prices_updated per asset, from the first day there
-- was, while the rows can still be read. What had been served is gone too, and so is to be asked for again, as after a split.
-- TRUNCATE of one partition fires nothing of the parent's. Writes portfoliod.pending_changes and portfoliod.price_coverage.

CREATE OR REPLACE FUNCTION portfoliod.notify_prices_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone record;
BEGIN
    PERFORM portfoliod.refuse_old_snapshot('TRUNCATE of this table');
    PERFORM FROM portfoliod.price_coverage ORDER BY asset_id FOR NO KEY UPDATE;
    UPDATE portfoliod.price_coverage SET served = '{}', outdated_at = clock_timestamp() AT TIME ZONE 'UTC';
    FOR gone IN SELECT asset_id, min(timestamp)::date AS from_date, max(timestamp)::date AS to_date
                  FROM public.asset_prices GROUP BY asset_id ORDER BY asset_id
    LOOP
        INSERT INTO portfoliod.pending_changes (asset_id, from_date) VALUES (gone.asset_id, gone.from_date);
        PERFORM pg_notify('prices_updated', json_build_object(
            'asset_id', gone.asset_id, 'from', gone.from_date, 'to', gone.to_date)::text);
    END LOOP;
    RETURN NULL;
END $$;
