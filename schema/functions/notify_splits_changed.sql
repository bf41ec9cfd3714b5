-- portfoliod.notify_splits_changed(): trigger function, after INSERT, UPDATE or DELETE statements on asset_splits.
-- Hands the assets whose ratio or date really changed to settle_splits. Reads new_rows and/or old_rows; writes assets.
--
-- The assets get a new row version with the same values: a trade under REPEATABLE READ whose snapshot is older does not see the split,
-- and finds by that version, when it creates a position, that it must not go on (settle_positions).

CREATE OR REPLACE FUNCTION portfoliod.notify_splits_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    fields constant text := 'asset_id, ex_date, numerator, denominator';
    touched text := CASE TG_OP WHEN 'INSERT' THEN 'new_rows' WHEN 'DELETE' THEN 'old_rows'
        ELSE format('((SELECT %1$s FROM old_rows EXCEPT ALL SELECT %1$s FROM new_rows) UNION ALL
                      (SELECT %1$s FROM new_rows EXCEPT ALL SELECT %1$s FROM old_rows)) AS differing', fields) END;
    resplit int[];
BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT asset_id) FROM %s', touched) INTO resplit;
    IF resplit IS NOT NULL THEN
        UPDATE public.assets SET name = name WHERE id = ANY (resplit);
        PERFORM portfoliod.settle_splits(resplit);
    END IF;
    RETURN NULL;
END $$;
