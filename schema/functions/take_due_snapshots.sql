-- take_due_snapshots(portfolios_max, days_max): takes the next portfolios whose snapshots are due, those with the fewest days first, together at most
-- days_max days but for a single portfolio; what is due again meanwhile is for the next call. One row a portfolio: the first day to
-- compute, NULL when it has no trades, and the last, NULL: yesterday; and how the day before ended: NULLs where there is none, or where its value is not whole
-- (value) or beyond what the index holds (index). A day is never computed without the one before: missing ones come first.
-- Held to the end of the transaction by one daemon at a time; the marks are gone when it commits and back when it does not.
-- Touches: portfoliod.due_snapshots; reads portfolio_positions, portfolio_snapshots.
CREATE OR REPLACE FUNCTION portfoliod.take_due_snapshots(portfolios_max integer, days_max integer, today date)
RETURNS TABLE (portfolio_id integer, first_day date, last_day date, has_day_before boolean, value_before numeric, index_before numeric)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
    taken integer[];
    since date[];
    until date[];
BEGIN
    PERFORM pg_advisory_xact_lock(7001, 4);
    SELECT array_agg(batch.id ORDER BY batch.id) INTO taken
    FROM (SELECT marked.id, sum(today - marked.day) OVER (ORDER BY marked.day DESC, marked.id) - (today - marked.day) AS days_before
          FROM (SELECT due.portfolio_id AS id, min(due.from_date) AS day FROM portfoliod.due_snapshots AS due
                GROUP BY due.portfolio_id) AS marked
          WHERE isfinite(marked.day)
          ORDER BY marked.day DESC, marked.id LIMIT portfolios_max) AS batch
    WHERE batch.days_before < days_max;
    IF taken IS NULL THEN
        RETURN;
    END IF;
    WITH gone AS (
        DELETE FROM portfoliod.due_snapshots AS due
        WHERE due.portfolio_id = ANY (taken) AND isfinite(due.from_date) RETURNING due.portfolio_id, due.from_date, due.to_date
    )
    SELECT array_agg(extent.id), array_agg(extent.first_day), array_agg(nullif(extent.last_day, 'infinity')) INTO taken, since, until
    FROM (SELECT gone.portfolio_id AS id, min(gone.from_date) AS first_day, max(gone.to_date) AS last_day
          FROM gone GROUP BY gone.portfolio_id ORDER BY 1) AS extent;

    -- In a later statement: what the marks were made for is committed and seen here.
    RETURN QUERY
    SELECT due.id, start.day, due.until, before.snapshot_date IS NOT NULL, before.value_exact, before.twr_index
    FROM unnest(taken, since, until) AS due (id, day, until)
    CROSS JOIN LATERAL (
        SELECT min(pos.first_purchase_date) AS day FROM public.portfolio_positions AS pos WHERE pos.portfolio_id = due.id) AS first
    CROSS JOIN LATERAL (
        SELECT max(snapshot.snapshot_date) AS last_day FROM public.portfolio_snapshots AS snapshot
        WHERE snapshot.portfolio_id = due.id AND snapshot.snapshot_date < due.day) AS kept
    CROSS JOIN LATERAL (SELECT greatest(first.day, least(due.day, kept.last_day + 1)) AS day) AS follows
    CROSS JOIN LATERAL (SELECT CASE WHEN kept.last_day IS NULL OR kept.last_day < first.day THEN first.day
                                    ELSE follows.day END AS day) AS start
    LEFT JOIN public.portfolio_snapshots AS before
        ON before.portfolio_id = due.id AND before.snapshot_date = start.day - 1 AND start.day > first.day
    ORDER BY due.id;
END
$$;
