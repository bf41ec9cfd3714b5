-- portfoliod.notify_rates_truncated(): trigger function, before TRUNCATE of exchange_rates.
--
-- One outbox row and one exchange_rates_updated per currency, from the first day there was, while the rows can still be read; and a row
-- per asset in such a currency, so that the drain asks for the history anew: what had been served is gone too, and the completed jobs,
-- which would keep it from being asked for within twelve hours.
-- Writes portfoliod.pending_changes, portfoliod.rate_coverage and portfoliod.rate_backfill_queue.

CREATE OR REPLACE FUNCTION portfoliod.notify_rates_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone record;
BEGIN
    PERFORM portfoliod.refuse_old_snapshot('TRUNCATE of this table');
    PERFORM FROM portfoliod.rate_coverage ORDER BY currency_code FOR NO KEY UPDATE;
    UPDATE portfoliod.rate_coverage SET served = '{}';
    DELETE FROM portfoliod.rate_backfill_queue WHERE status = 'completed';
    FOR gone IN SELECT currency_code, min(timestamp)::date AS from_date, max(timestamp)::date AS to_date
                  FROM public.exchange_rates GROUP BY currency_code ORDER BY currency_code
    LOOP
        INSERT INTO portfoliod.pending_changes (currency_code, from_date) VALUES (gone.currency_code, gone.from_date);
        INSERT INTO portfoliod.pending_changes (asset_id, from_date)
        SELECT asset.id, gone.from_date FROM public.assets AS asset
         WHERE asset.native_currency = gone.currency_code
           AND EXISTS (SELECT FROM public.portfolio_positions AS pos WHERE pos.asset_id = asset.id);
        PERFORM pg_notify('exchange_rates_updated', json_build_object(
            'currency_code', gone.currency_code, 'from', gone.from_date, 'to', gone.to_date)::text);
    END LOOP;
    RETURN NULL;
END $$;
