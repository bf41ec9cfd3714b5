-- portfoliod.touch_last_updated(): trigger function, before an UPDATE that leaves last_updated as it was: now in UTC.
-- Whoever sets the column himself (a trade invalidating the cache, an hour back) keeps his value. Touches only NEW.

CREATE OR REPLACE FUNCTION portfoliod.touch_last_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.last_updated := now() AT TIME ZONE 'UTC';
    RETURN NEW;
END $$;
