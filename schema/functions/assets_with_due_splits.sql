-- portfoliod.assets_with_due_splits(): the assets, by id, in which a position has counted other splits than those whose day has come, or
-- awaits another one than the next. Reads portfolio_positions and asset_splits.
CREATE OR REPLACE FUNCTION portfoliod.assets_with_due_splits() RETURNS SETOF int
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    RETURN QUERY
    SELECT DISTINCT p.asset_id
      FROM public.portfolio_positions p
      LEFT JOIN (SELECT asset_id, max(ex_date) FILTER (WHERE ex_date <= today) AS counted,
                        min(ex_date) FILTER (WHERE ex_date > today) AS coming
                   FROM public.asset_splits GROUP BY asset_id) s USING (asset_id)
     WHERE p.last_split_on IS DISTINCT FROM s.counted OR p.next_split_on IS DISTINCT FROM s.coming
     ORDER BY p.asset_id;
END $$;
