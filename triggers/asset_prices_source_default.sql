-- A row of asset_prices without a source was typed by hand: 'manual', which no provider overwrites.

CREATE OR REPLACE TRIGGER asset_prices_source_default
    BEFORE INSERT OR UPDATE ON public.asset_prices
    FOR EACH ROW WHEN (NEW.source IS NULL) EXECUTE FUNCTION portfoliod.fill_manual_source();
