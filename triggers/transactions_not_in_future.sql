-- Refuses trades more than 24 h ahead. Not a CHECK: its message could not say that the column is UTC.
-- 'infinity' is left to transactions_timestamp_in_range, which names that rule.

CREATE OR REPLACE TRIGGER transactions_not_in_future
    BEFORE INSERT OR UPDATE ON public.transactions
    FOR EACH ROW WHEN (NEW.timestamp > (now() AT TIME ZONE 'UTC') + interval '24 hours' AND isfinite(NEW.timestamp))
    EXECUTE FUNCTION portfoliod.refuse_future_trade();
