-- Refuses GBp, GBX, ILA, ZAc and their like in assets.native_currency with a hint naming the major unit.

CREATE OR REPLACE TRIGGER assets_currency_unit
    BEFORE INSERT OR UPDATE OF native_currency ON public.assets
    FOR EACH ROW WHEN (NEW.native_currency IN ('GBp', 'GBX', 'ILA', 'ZAc', 'ZAC', 'USX', 'KWF'))
    EXECUTE FUNCTION portfoliod.refuse_minor_unit('native_currency');
