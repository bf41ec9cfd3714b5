-- portfoliod.notify_portfolio_handed_over(): trigger function, after a portfolio's user_id changed: other users hold its assets than
-- were counted. Writes one outbox row for each of its positions.

CREATE OR REPLACE FUNCTION portfoliod.notify_portfolio_handed_over() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date)
    SELECT pos.portfolio_id, pos.asset_id, (now() AT TIME ZONE 'UTC')::date
      FROM public.portfolio_positions AS pos WHERE pos.portfolio_id = NEW.id;
    RETURN NULL;
END $$;
