-- Refuses GBp, GBX, ILA, ZAc and their like in exchange_rates.currency_code with a hint naming the major unit.

CREATE OR REPLACE TRIGGER exchange_rates_currency_unit
    BEFORE INSERT OR UPDATE OF currency_code ON public.exchange_rates
    FOR EACH ROW WHEN (NEW.currency_code IN ('GBp', 'GBX', 'ILA', 'ZAc', 'ZAC', 'USX', 'KWF'))
    EXECUTE FUNCTION portfoliod.refuse_minor_unit('currency_code');
