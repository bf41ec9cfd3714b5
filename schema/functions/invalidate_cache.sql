-- portfoliod.invalidate_cache(portfolio): marks its performance figures as an hour old, until the daemon has
-- recomputed them.
--
-- Only a fresh row is marked, and a row that someone else is writing is passed over: that is the daemon refreshing it, and
-- it will come again for the outbox row of this very change. A user's INSERT never waits here.
-- One portfolio a call: with an array of them the server would plan the statement anew each time.
-- Writes portfolio_performance_cache.

CREATE OR REPLACE FUNCTION portfoliod.invalidate_cache(of_portfolio int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    an_hour_ago timestamp := (now() AT TIME ZONE 'UTC') - interval '1 hour';
BEGIN
    IF current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') THEN
        UPDATE public.portfolio_performance_cache SET last_updated = an_hour_ago
         WHERE portfolio_id = (SELECT portfolio_id FROM public.portfolio_performance_cache
                                WHERE portfolio_id = of_portfolio AND last_updated > an_hour_ago
                                  FOR NO KEY UPDATE SKIP LOCKED);
        RETURN;
    END IF;
    -- With one snapshot for the whole transaction, a row refreshed since then cannot be locked at all; that must not
    -- cost the user the INSERT. The block is a subtransaction, so the common case above does without it.
    BEGIN
        UPDATE public.portfolio_performance_cache SET last_updated = an_hour_ago
         WHERE portfolio_id = (SELECT portfolio_id FROM public.portfolio_performance_cache
                                WHERE portfolio_id = of_portfolio AND last_updated > an_hour_ago
                                  FOR NO KEY UPDATE SKIP LOCKED);
    EXCEPTION WHEN serialization_failure THEN
        NULL;
    END;
END $$;
