-- Before an asset is in another currency: keeps its first trades apart from that.

CREATE OR REPLACE TRIGGER assets_redenominated_locked
    BEFORE UPDATE OF native_currency ON public.assets
    FOR EACH ROW WHEN (NEW.native_currency IS DISTINCT FROM OLD.native_currency)
    EXECUTE FUNCTION portfoliod.lock_redenominated_asset();
