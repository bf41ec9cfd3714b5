-- take_due_figures(portfolios_max): takes at most that many marks of the next portfolios, in id order, whose snapshots were computed anew and whose current figures have not been
-- refreshed since; none that another transaction has taken. One with changes in the outbox is left to the drain, which notes first what those
-- changes make due: otherwise a purchase of the past would be a gain for a moment.
-- Touches: portfoliod.due_snapshots; reads portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.take_due_figures(portfolios_max integer)
RETURNS SETOF integer
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
-- In the order of the index: sorted anew for each batch, all that wait would be read each time.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off AS $$
BEGIN
    RETURN QUERY
    WITH waiting AS MATERIALIZED (
        SELECT DISTINCT change.portfolio_id FROM portfoliod.pending_changes AS change WHERE change.portfolio_id IS NOT NULL
    ), gone AS (
        DELETE FROM portfoliod.due_snapshots AS done
        WHERE done.ctid = ANY (ARRAY(
            SELECT due.ctid FROM portfoliod.due_snapshots AS due
            WHERE due.from_date = 'infinity' AND due.portfolio_id NOT IN (SELECT waiting.portfolio_id FROM waiting)   -- hashed
            ORDER BY due.portfolio_id LIMIT portfolios_max FOR UPDATE SKIP LOCKED))
        RETURNING done.portfolio_id
    )
    SELECT DISTINCT gone.portfolio_id FROM gone ORDER BY 1;
END
$$;
