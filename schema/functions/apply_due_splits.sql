-- portfoliod.apply_due_splits(): puts into effect the splits whose day has come.
--
-- To be called at start-up and after midnight UTC. Compares what each position has counted with asset_splits, so a call too many
-- changes nothing, a missed day is caught up, and so is a split that was loaded past the triggers.
-- A split that would leave somebody oversold takes no effect, with a WARNING in the server's log, until the trades are mended.
-- Returns the number of positions recomputed. Reads portfolio_positions and asset_splits; see settle_splits for the rest.

CREATE OR REPLACE FUNCTION portfoliod.apply_due_splits() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    due record;
    settled int := 0;
BEGIN
    FOR due IN SELECT DISTINCT p.asset_id
      FROM public.portfolio_positions p
      LEFT JOIN (SELECT asset_id, max(ex_date) FILTER (WHERE ex_date <= today) AS counted,
                        min(ex_date) FILTER (WHERE ex_date > today) AS coming
                   FROM public.asset_splits GROUP BY asset_id) s USING (asset_id)
     WHERE p.last_split_on IS DISTINCT FROM s.counted OR p.next_split_on IS DISTINCT FROM s.coming
     ORDER BY p.asset_id
    LOOP
        -- Each for itself: a split that would leave somebody oversold must not keep the others from their day.
        BEGIN
            settled := settled + portfoliod.settle_splits(ARRAY[due.asset_id]);
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING 'a split of asset % cannot take effect: %', due.asset_id, SQLERRM;
        END;
    END LOOP;
    RETURN settled;
END $$;
