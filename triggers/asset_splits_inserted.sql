-- After each INSERT statement on asset_splits: recomputes the positions of every holder, outbox rows, prices_updated.

CREATE OR REPLACE TRIGGER asset_splits_inserted
    AFTER INSERT ON public.asset_splits REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_splits_changed();
