-- portfolio_performance_cache.last_updated follows every UPDATE that does not set it itself.

CREATE OR REPLACE TRIGGER cache_touch
    BEFORE UPDATE ON public.portfolio_performance_cache
    FOR EACH ROW WHEN (NEW.last_updated IS NOT DISTINCT FROM OLD.last_updated)
    EXECUTE FUNCTION portfoliod.touch_last_updated();
