-- portfoliod.notify_splits_changed(): trigger function, after INSERT, UPDATE or DELETE statements on asset_splits.
-- Hands the assets whose ratio or date really changed to settle_splits. Reads new_rows and/or old_rows.

CREATE OR REPLACE FUNCTION portfoliod.notify_splits_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    fields constant text := 'asset_id, ex_date, numerator, denominator';
    touched text := CASE TG_OP WHEN 'INSERT' THEN 'new_rows' WHEN 'DELETE' THEN 'old_rows'
        ELSE format('((SELECT %1$s FROM old_rows EXCEPT ALL SELECT %1$s FROM new_rows) UNION ALL
                      (SELECT %1$s FROM new_rows EXCEPT ALL SELECT %1$s FROM old_rows)) AS differing', fields) END;
    assets int[];
BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT asset_id) FROM %s', touched) INTO assets;
    IF assets IS NOT NULL THEN
        PERFORM portfoliod.settle_splits(assets);
    END IF;
    RETURN NULL;
END $$;
