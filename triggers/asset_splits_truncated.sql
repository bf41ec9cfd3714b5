-- After TRUNCATE of asset_splits: recomputes the positions that counted any, outbox rows, prices_updated.

CREATE OR REPLACE TRIGGER asset_splits_truncated
    AFTER TRUNCATE ON public.asset_splits
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_splits_truncated();
