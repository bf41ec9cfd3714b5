-- An asset turns out to be in another currency: what was counted of its trades is void.

CREATE OR REPLACE TRIGGER assets_redenominated
    AFTER UPDATE OF native_currency ON public.assets
    FOR EACH ROW WHEN (NEW.native_currency IS DISTINCT FROM OLD.native_currency)
    EXECUTE FUNCTION portfoliod.notify_asset_redenominated();
