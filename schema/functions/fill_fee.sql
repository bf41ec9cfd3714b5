-- portfoliod.fill_fee(): trigger function, before a row of transactions with an explicit NULL fee: no fee is 0.
-- Importers write NULL, and a NULL would swallow every sum it enters. Touches no table.

CREATE OR REPLACE FUNCTION portfoliod.fill_fee() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.fee := 0;
    RETURN NEW;
END $$;
