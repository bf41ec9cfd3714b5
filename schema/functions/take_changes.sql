-- take_changes(batch_max): takes up to that many rows out of the outbox and returns them grouped, one row per
-- subject: (portfolio, asset) for a ledger change, portfolio alone for one that was held back, asset alone for a price or split,
-- currency alone for a rate; with the earliest date affected (NULL: no day is; of a portfolio alone, the day since which rates are others), whether a holding changed (of a currency: whether rates did, and
-- not only what is still to come) and how many rows were merged into it.
-- The rows are gone when the caller's transaction commits and back when it does not: that is the exactly-once.
-- SKIP LOCKED lets several daemons drain side by side; FOR UPDATE in a subquery that yields ctids keeps the
-- DELETE a TID scan however long the outbox is. plpgsql, because it keeps its plans.
-- Touches: portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.take_changes(batch_max integer)
RETURNS TABLE (portfolio_id integer, asset_id integer, currency_code text, from_date date, holding_changed boolean, merged bigint)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    WITH gone AS (
        DELETE FROM portfoliod.pending_changes AS change
        WHERE change.ctid = ANY (ARRAY(
            SELECT candidate.ctid FROM portfoliod.pending_changes AS candidate
            LIMIT batch_max FOR UPDATE SKIP LOCKED))
        RETURNING change.portfolio_id, change.asset_id, change.currency_code, change.from_date, change.holding_changed
    )
    SELECT gone.portfolio_id, gone.asset_id, gone.currency_code::text,
           min(gone.from_date) FILTER (WHERE isfinite(gone.from_date)), bool_or(gone.holding_changed), count(*)
    FROM gone
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
END
$$;
