-- mark_snapshots_since(portfolio, since, until): notes that this portfolio's snapshots (0: everybody's) are to be computed anew from that day on (before its first
-- trade: from there) until another, NULL: to the end. Returns how many portfolios that made. Touches: portfoliod.due_snapshots; reads portfolio_positions, portfolio_snapshots.
CREATE OR REPLACE FUNCTION portfoliod.mark_snapshots_since(portfolio integer, since date, until date)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    marked integer;
BEGIN
    INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date, to_date)
    SELECT owner.id, since, coalesce(until, 'infinity') FROM public.portfolios AS owner
    WHERE portfolio IN (0, owner.id)
      AND (EXISTS (SELECT FROM public.portfolio_positions AS pos WHERE pos.portfolio_id = owner.id)
           OR EXISTS (SELECT FROM public.portfolio_snapshots AS snapshot WHERE snapshot.portfolio_id = owner.id));
    GET DIAGNOSTICS marked = ROW_COUNT;
    RETURN marked;
END
$$;
