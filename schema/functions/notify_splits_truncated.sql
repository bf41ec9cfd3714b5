-- portfoliod.notify_splits_truncated(): trigger function, after TRUNCATE of asset_splits: hands the assets in which a position has
-- counted a split, or awaits one, to settle_splits. Reads portfolio_positions.

CREATE OR REPLACE FUNCTION portfoliod.notify_splits_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    assets int[];
BEGIN
    PERFORM portfoliod.refuse_old_snapshot('TRUNCATE of this table');
    SELECT array_agg(DISTINCT asset_id) INTO assets FROM public.portfolio_positions
     WHERE last_split_on IS NOT NULL OR next_split_on IS NOT NULL;
    IF assets IS NOT NULL THEN
        PERFORM portfoliod.settle_splits(assets);
    END IF;
    RETURN NULL;
END $$;
