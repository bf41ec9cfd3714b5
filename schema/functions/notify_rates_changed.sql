-- portfoliod.notify_rates_changed(): trigger function, after INSERT, UPDATE or DELETE statements on exchange_rates.
--
-- One outbox row and one exchange_rates_updated per currency, from the earliest day touched. Reads new_rows and/or
-- old_rows and exchange_rates; writes portfoliod.pending_changes.
--
-- A deleted rate that a later one of the same UTC day outlives was no day's rate: thinning hourly rates to the last of
-- each day therefore changes nothing and says nothing.

CREATE OR REPLACE FUNCTION portfoliod.notify_rates_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fields constant text := 'currency_code, timestamp, rate_to_usd';
    touched text := CASE TG_OP
        WHEN 'INSERT' THEN 'new_rows'
        WHEN 'DELETE' THEN '(SELECT * FROM old_rows o WHERE NOT EXISTS (
                SELECT FROM public.exchange_rates r WHERE r.currency_code = o.currency_code
                   AND r.timestamp > o.timestamp AND r.timestamp < date_trunc(''day'', o.timestamp) + interval ''1 day''
            )) AS last_of_day'
        ELSE format('((SELECT %1$s FROM old_rows EXCEPT ALL SELECT %1$s FROM new_rows) UNION ALL
                      (SELECT %1$s FROM new_rows EXCEPT ALL SELECT %1$s FROM old_rows)) AS differing', fields) END;
    change record;
BEGIN
    FOR change IN EXECUTE format(
        'SELECT currency_code, min(timestamp)::date AS from_date, max(timestamp)::date AS to_date
           FROM %s GROUP BY currency_code ORDER BY currency_code', touched)
    LOOP
        INSERT INTO portfoliod.pending_changes (currency_code, from_date) VALUES (change.currency_code, change.from_date);
        PERFORM pg_notify('exchange_rates_updated', json_build_object(
            'currency_code', change.currency_code, 'from', change.from_date, 'to', change.to_date)::text);
    END LOOP;
    RETURN NULL;
END $$;
