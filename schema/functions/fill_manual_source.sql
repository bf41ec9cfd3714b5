-- portfoliod.fill_manual_source(): trigger function, before a price or rate without a source: typed by hand.
-- 'manual' protects the row from every provider; an explicit NULL must not lose that. Touches no table.

CREATE OR REPLACE FUNCTION portfoliod.fill_manual_source() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.source := 'manual';
    RETURN NEW;
END $$;
