-- portfoliod.clear_positions(): trigger function, after TRUNCATE of transactions: no trades, no positions. Nor their
-- checkpoints: with RESTART IDENTITY the next position would have the same id, and be opened with another's sums.
-- Writes portfolio_positions and portfoliod.ledger_checkpoints.

CREATE OR REPLACE FUNCTION portfoliod.clear_positions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.portfolio_positions;
    DELETE FROM portfoliod.ledger_checkpoints;
    RETURN NULL;
END $$;
