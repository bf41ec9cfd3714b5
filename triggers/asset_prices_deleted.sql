-- After each DELETE statement on asset_prices: outbox rows and prices_updated per asset. Once per statement, so that a
-- backfill of years is one event.

CREATE OR REPLACE TRIGGER asset_prices_deleted
    AFTER DELETE ON public.asset_prices REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_prices_changed();
