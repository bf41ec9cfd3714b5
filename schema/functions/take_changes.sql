-- take_changes(batch_max): takes up to that many rows out of the outbox and returns them grouped, one row per
-- subject: (portfolio, asset) for a ledger change, portfolio alone for one that was held back or handed over, asset alone for a price or split,
-- currency alone for a rate; with the earliest date affected (NULL: no day is; of a portfolio alone, the day since which rates are others), whether
-- a holding changed (of a currency: whether rates did, and not only what is still to come) and how many rows were merged into it.
-- The rows are gone when the caller's transaction commits and back when it does not: that is the exactly-once.
-- SKIP LOCKED lets several daemons drain side by side; FOR UPDATE in a subquery that yields ctids keeps the
-- DELETE a TID scan however long the outbox is. plpgsql, because it keeps its plans.
-- Touches: portfoliod.pending_changes; reads portfolio_positions.
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
    ), taken AS (
        SELECT gone.*, 1 AS one FROM gone
        UNION ALL
        -- a portfolio that was handed over: all it holds
        SELECT gone.portfolio_id, pos.asset_id, NULL, gone.from_date, true, 0
        FROM gone
        CROSS JOIN LATERAL (SELECT held.asset_id FROM public.portfolio_positions AS held
                            WHERE held.portfolio_id = gone.portfolio_id OFFSET 0) AS pos
        WHERE gone.portfolio_id IS NOT NULL AND gone.asset_id IS NULL AND gone.holding_changed
    )
    SELECT taken.portfolio_id, taken.asset_id, taken.currency_code::text,
           min(taken.from_date) FILTER (WHERE isfinite(taken.from_date)), bool_or(taken.holding_changed), sum(taken.one)
    FROM taken
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
END
$$;
