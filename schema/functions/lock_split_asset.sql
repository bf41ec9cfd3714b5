-- portfoliod.lock_split_asset(): trigger function, before each row of asset_splits is written or deleted.
--
-- A trade that creates a position while a split of the same asset is being entered would see no split, and the split
-- would see no position. Every insert of a trade holds its asset's row FOR KEY SHARE through its foreign key, so taking
-- that row FOR UPDATE makes one wait for the other. BEFORE the row, because the split's own
-- foreign key would take the weaker lock first, and two sessions raising it deadlock. Locks rows of assets.
-- Under REPEATABLE READ the lock would not help: positions created since the snapshot would keep their old quantity.

CREATE OR REPLACE FUNCTION portfoliod.lock_split_asset() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM portfoliod.refuse_old_snapshot('Changing splits');
    IF TG_OP = 'DELETE' THEN
        PERFORM FROM public.assets WHERE id = OLD.asset_id FOR UPDATE;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.asset_id <> NEW.asset_id THEN
        PERFORM FROM public.assets WHERE id IN (OLD.asset_id, NEW.asset_id) ORDER BY id FOR UPDATE;
    ELSE
        PERFORM FROM public.assets WHERE id = NEW.asset_id FOR UPDATE;
    END IF;
    RETURN NEW;
END $$;
