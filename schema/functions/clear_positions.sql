-- portfoliod.clear_positions(): trigger function, after TRUNCATE of transactions: no trades, no positions.
-- Writes portfolio_positions.

CREATE OR REPLACE FUNCTION portfoliod.clear_positions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.portfolio_positions;
    RETURN NULL;
END $$;
