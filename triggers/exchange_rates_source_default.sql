-- A row of exchange_rates without a source was typed by hand: 'manual', which no provider overwrites.

CREATE OR REPLACE TRIGGER exchange_rates_source_default
    BEFORE INSERT OR UPDATE ON public.exchange_rates
    FOR EACH ROW WHEN (NEW.source IS NULL) EXECUTE FUNCTION portfoliod.fill_manual_source();
