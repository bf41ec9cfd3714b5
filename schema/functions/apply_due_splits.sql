-- portfoliod.apply_due_splits(): puts into effect the splits whose day has come.
--
-- To be called at start-up and after midnight UTC. Compares what each position has counted with asset_splits, so a call too many
-- changes nothing, a missed day is caught up, and so is a split that was loaded past the triggers.
-- Returns the number of positions recomputed. Reads portfolio_positions and asset_splits; see settle_splits for the rest.

CREATE OR REPLACE FUNCTION portfoliod.apply_due_splits() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    assets int[];
BEGIN
    SELECT array_agg(DISTINCT p.asset_id) INTO assets
      FROM public.portfolio_positions p
      LEFT JOIN (SELECT asset_id, max(ex_date) FILTER (WHERE ex_date <= today) AS counted,
                        min(ex_date) FILTER (WHERE ex_date > today) AS coming
                   FROM public.asset_splits GROUP BY asset_id) s USING (asset_id)
     WHERE p.last_split_on IS DISTINCT FROM s.counted OR p.next_split_on IS DISTINCT FROM s.coming;
    IF assets IS NULL THEN
        RETURN 0;
    END IF;
    RETURN portfoliod.settle_splits(assets);
END $$;
