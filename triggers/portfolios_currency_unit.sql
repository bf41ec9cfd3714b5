-- Refuses GBp, GBX, ILA, ZAc and their like in portfolios.currency with a hint naming the major unit.

CREATE OR REPLACE TRIGGER portfolios_currency_unit
    BEFORE INSERT OR UPDATE OF currency ON public.portfolios
    FOR EACH ROW WHEN (NEW.currency IN ('GBp', 'GBX', 'ILA', 'ZAc', 'ZAC', 'USX', 'KWF'))
    EXECUTE FUNCTION portfoliod.refuse_minor_unit('currency');
