-- portfoliod.notify_portfolio_handed_over(): trigger function, after a portfolio's user_id or currency changed: other users hold its
-- assets than were counted, other rates are needed. Writes one outbox row: whichever positions there are is for the drain to
-- see (take_changes), for a trade may commit before we do and after we looked.

CREATE OR REPLACE FUNCTION portfoliod.notify_portfolio_handed_over() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO portfoliod.pending_changes (portfolio_id, from_date) VALUES (NEW.id, 'infinity');
    RETURN NULL;
END $$;
