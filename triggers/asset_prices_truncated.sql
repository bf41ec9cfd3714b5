-- Before TRUNCATE of asset_prices (also by TRUNCATE assets CASCADE): outbox rows and prices_updated per asset, while they can be read.

CREATE OR REPLACE TRIGGER asset_prices_truncated
    BEFORE TRUNCATE ON public.asset_prices
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_prices_truncated();
