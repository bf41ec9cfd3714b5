-- After each INSERT statement on asset_prices: outbox rows and prices_updated per asset. Once per statement, so that a
-- backfill of years is one event.

CREATE OR REPLACE TRIGGER asset_prices_inserted
    AFTER INSERT ON public.asset_prices REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_prices_changed();
