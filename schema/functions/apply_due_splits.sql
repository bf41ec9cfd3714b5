-- portfoliod.apply_due_splits(of_assets): puts into effect the splits of these assets (NULL: of all) whose day has come.
--
-- To be called at start-up and after midnight UTC. Compares what each position has counted with asset_splits, so a call too many
-- changes nothing, a missed day is caught up, and so is a split that was loaded past the triggers.
-- A split that would leave somebody oversold takes no effect, with a WARNING in the server's log, until the trades are mended.
-- Returns the number of positions recomputed. Reads portfoliod.assets_with_due_splits(); see settle_splits for the rest.

CREATE OR REPLACE FUNCTION portfoliod.apply_due_splits(of_assets int[] DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due int;
    settled int := 0;
BEGIN
    FOR due IN SELECT asset_id FROM portfoliod.assets_with_due_splits() AS asset_id
                WHERE of_assets IS NULL OR asset_id = ANY (of_assets)
    LOOP
        -- Each for itself: a split that would leave somebody oversold must not keep the others from their day.
        BEGIN
            settled := settled + portfoliod.settle_splits(ARRAY[due]);
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING 'a split of asset % cannot take effect: %', due, SQLERRM;
        END;
    END LOOP;
    RETURN settled;
END $$;
