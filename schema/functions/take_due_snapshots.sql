-- take_due_snapshots(portfolios_max, days_max, today): takes the next portfolios whose snapshots are due, those with the fewest days first, together at most
-- days_max days but for a single portfolio; what is due again meanwhile is for the next call, and so are days that are not over and portfolios that somebody's
-- open transaction deletes: nobody else waits for it. One row a portfolio: the first day to
-- compute, NULL when it has no trades, and the last, NULL: yesterday; and how the day before ended: NULLs where there is none, or where its value is not whole
-- (value) or beyond what the index holds (index). A day is never computed without the one before: missing ones come first, and those that could not be
-- computed when it was their turn.
-- For the holder of lock_snapshots(). The portfolios are locked against deletion before anything of theirs is written; the marks are gone when the
-- transaction commits and back when it does not.
-- Touches: portfoliod.due_snapshots; reads portfolios, portfolio_positions, portfolio_snapshots, portfoliod.valuation_problems.
CREATE OR REPLACE FUNCTION portfoliod.take_due_snapshots(portfolios_max integer, days_max integer, today date)
RETURNS TABLE (portfolio_id integer, first_day date, last_day date, has_day_before boolean, value_before numeric, index_before numeric)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
    due integer[];
    kept integer[];
    since date[];
    until date[];
BEGIN
    SELECT array_agg(marked.id ORDER BY marked.day DESC, marked.id) INTO due
    FROM (SELECT mark.portfolio_id AS id, min(mark.from_date) AS day FROM portfoliod.due_snapshots AS mark
          WHERE mark.from_date < take_due_snapshots.today GROUP BY mark.portfolio_id) AS marked;
    IF due IS NULL THEN
        RETURN;
    END IF;
    -- Almost always all of the first ones can be had; only when none can are the others looked at.
    FOR attempt IN 1 .. 2 LOOP
        kept := ARRAY(SELECT portfolio.id FROM public.portfolios AS portfolio
                      WHERE portfolio.id = ANY (CASE attempt WHEN 1 THEN due[1:portfolios_max] ELSE due END)
                      ORDER BY portfolio.id FOR KEY SHARE SKIP LOCKED);
        EXIT WHEN cardinality(kept) > 0;
    END LOOP;
    -- Marks of portfolios that are gone.
    DELETE FROM portfoliod.due_snapshots AS mark
    WHERE mark.portfolio_id = ANY (due[1:portfolios_max]) AND mark.portfolio_id <> ALL (kept)
      AND NOT EXISTS (SELECT FROM public.portfolios AS portfolio WHERE portfolio.id = mark.portfolio_id);

    SELECT array_agg(batch.id) INTO kept
    FROM (SELECT marked.id, sum(take_due_snapshots.today - marked.day) OVER (ORDER BY marked.day DESC, marked.id)
                            - (take_due_snapshots.today - marked.day) AS days_before
          FROM (SELECT mark.portfolio_id AS id, min(mark.from_date) AS day FROM portfoliod.due_snapshots AS mark
                WHERE mark.portfolio_id = ANY (kept) AND mark.from_date < take_due_snapshots.today
                GROUP BY mark.portfolio_id) AS marked
          ORDER BY marked.day DESC, marked.id LIMIT portfolios_max) AS batch
    WHERE batch.days_before < days_max;
    WITH gone AS (
        DELETE FROM portfoliod.due_snapshots AS mark
        WHERE mark.portfolio_id = ANY (kept) AND mark.from_date < take_due_snapshots.today
        RETURNING mark.portfolio_id, mark.from_date, mark.to_date
    )
    SELECT array_agg(extent.id), array_agg(extent.first_day), array_agg(nullif(extent.last_day, 'infinity')) INTO kept, since, until
    FROM (SELECT gone.portfolio_id AS id, least(min(gone.from_date), min(owed.since)) AS first_day, max(gone.to_date) AS last_day
          FROM gone
          LEFT JOIN portfoliod.valuation_problems AS owed ON owed.portfolio_id = gone.portfolio_id AND owed.figures = 'snapshots'
          GROUP BY gone.portfolio_id ORDER BY 1) AS extent;

    -- In a later statement: what the marks were made for is committed and seen here.
    RETURN QUERY
    SELECT due.id, start.day, due.until, before.snapshot_date IS NOT NULL, before.value_exact, before.twr_index
    FROM unnest(kept, since, until) AS due (id, day, until)
    CROSS JOIN LATERAL (
        SELECT min(pos.first_purchase_date) AS day FROM public.portfolio_positions AS pos WHERE pos.portfolio_id = due.id) AS first
    CROSS JOIN LATERAL (
        SELECT max(snapshot.snapshot_date) AS last_day FROM public.portfolio_snapshots AS snapshot
        WHERE snapshot.portfolio_id = due.id AND snapshot.snapshot_date < due.day) AS behind
    CROSS JOIN LATERAL (SELECT CASE WHEN behind.last_day IS NULL OR behind.last_day < first.day THEN first.day
                                    ELSE greatest(first.day, least(due.day, behind.last_day + 1)) END AS day) AS start
    LEFT JOIN public.portfolio_snapshots AS before
        ON before.portfolio_id = due.id AND before.snapshot_date = start.day - 1 AND start.day > first.day
    ORDER BY due.id;
END
$$;
