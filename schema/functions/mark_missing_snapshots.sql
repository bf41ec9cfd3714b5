-- mark_missing_snapshots(today): notes every portfolio with trades before today that has no snapshot of yesterday: at midnight all of them; after an
-- outage those whose midnights were missed; also those loaded past the triggers, and those that could not be valued. Portfolios whose snapshots are due anyway are
-- left out. Returns how many that made. Touches: portfoliod.due_snapshots; reads portfolio_positions, portfolio_snapshots, portfoliod.valuation_problems.
CREATE OR REPLACE FUNCTION portfoliod.mark_missing_snapshots(today date)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    marked integer;
BEGIN
    INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date)
    SELECT owner.id, least(coalesce(kept.last_day + 1, owner.first_day), mark_missing_snapshots.today - 1)
    FROM (SELECT pos.portfolio_id AS id, min(pos.first_purchase_date) AS first_day
          FROM public.portfolio_positions AS pos GROUP BY pos.portfolio_id) AS owner
    LEFT JOIN LATERAL (
        SELECT snapshot.snapshot_date AS last_day FROM public.portfolio_snapshots AS snapshot
        WHERE snapshot.portfolio_id = owner.id ORDER BY snapshot.snapshot_date DESC LIMIT 1) AS kept ON true
    WHERE owner.first_day < today
      AND (kept.last_day IS DISTINCT FROM today - 1
           OR EXISTS (SELECT FROM portfoliod.valuation_problems AS owed WHERE owed.portfolio_id = owner.id AND owed.figures = 'snapshots'))
      AND NOT EXISTS (SELECT FROM portfoliod.due_snapshots AS due WHERE due.portfolio_id = owner.id AND due.from_date < today
                      AND due.to_date >= today - 1);
    GET DIAGNOSTICS marked = ROW_COUNT;
    RETURN marked;
END
$$;
