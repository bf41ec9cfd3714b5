-- Assets turn out to be in another currency: what was counted of their trades is void. A statement at a time, for one order of locks.

CREATE OR REPLACE TRIGGER assets_redenominated
    AFTER UPDATE ON public.assets
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_asset_redenominated();
