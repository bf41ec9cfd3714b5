-- portfolio_performance_cache.last_updated follows every UPDATE of a figure that does not set it itself. OF: the mark of a trade sets
-- last_updated alone and does not pay for WHEN, which every statement compiles anew.

CREATE OR REPLACE TRIGGER cache_touch
    BEFORE UPDATE OF current_value_usd, total_invested_usd, total_return_pct, day_change_pct, week_change_pct, month_change_pct,
                     year_change_pct, status, priced_share_pct, realized_gain_usd, unrealized_gain_usd, fees_usd, twr_pct, xirr_pct
    ON public.portfolio_performance_cache
    FOR EACH ROW WHEN (NEW.last_updated IS NOT DISTINCT FROM OLD.last_updated)
    EXECUTE FUNCTION portfoliod.touch_last_updated();
