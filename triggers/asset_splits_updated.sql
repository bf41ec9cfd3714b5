-- After each UPDATE statement on asset_splits: recomputes the positions of every holder, outbox rows, prices_updated.

CREATE OR REPLACE TRIGGER asset_splits_updated
    AFTER UPDATE ON public.asset_splits REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_splits_changed();
