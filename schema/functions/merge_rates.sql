-- merge_rates(): writes the staged rates into exchange_rates and returns how many rows changed; the same rates again change nothing.
-- A rate whose source is 'manual' is never touched. What is not to be believed goes into quarantine instead (quarantine_staged_rates).
-- Touches: exchange_rates, portfoliod.quarantine; reads pg_temp.rate_staging (see prepare_staging()).
CREATE OR REPLACE FUNCTION portfoliod.merge_rates()
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    changed integer;
BEGIN
    PERFORM portfoliod.quarantine_staged_rates();
    INSERT INTO public.exchange_rates AS rate (currency_code, rate_to_usd, timestamp, source)
    SELECT staged.currency_code, staged.rate_to_usd, staged.observed_at, staged.source
    FROM pg_temp.rate_staging AS staged
    ORDER BY staged.currency_code, staged.observed_at
    ON CONFLICT (currency_code, timestamp) DO UPDATE
    SET rate_to_usd = excluded.rate_to_usd, source = excluded.source
    WHERE rate.source IS DISTINCT FROM 'manual'
      AND (rate.rate_to_usd, rate.source) IS DISTINCT FROM (excluded.rate_to_usd, excluded.source);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;
