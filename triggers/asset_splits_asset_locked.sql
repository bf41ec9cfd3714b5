-- Before each row of asset_splits: takes the lock that keeps splits and first trades of one asset apart.

CREATE OR REPLACE TRIGGER asset_splits_asset_locked
    BEFORE INSERT OR UPDATE OR DELETE ON public.asset_splits
    FOR EACH ROW EXECUTE FUNCTION portfoliod.lock_split_asset();
