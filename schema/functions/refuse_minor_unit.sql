-- portfoliod.refuse_minor_unit(): trigger function, before a row whose currency code is the name of a minor unit.
--
-- Exchanges quote pence and cents under codes like GBp; taken for a currency, everything would be worth 100 times as
-- much (1,000 for fils). The argument names the column. The column's CHECK refuses the same codes; this adds what to write.

CREATE OR REPLACE FUNCTION portfoliod.refuse_minor_unit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    code text := to_jsonb(NEW) ->> TG_ARGV[0];
    major text := CASE code WHEN 'GBp' THEN 'GBP' WHEN 'GBX' THEN 'GBP' WHEN 'ILA' THEN 'ILS' WHEN 'ZAc' THEN 'ZAR'
                            WHEN 'ZAC' THEN 'ZAR' WHEN 'USX' THEN 'USD' WHEN 'KWF' THEN 'KWD' END;
BEGIN
    RAISE EXCEPTION '% is a minor unit, not an ISO 4217 currency code', code
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[0],
              HINT = format('Use %s, and write amounts in %s (not in its minor unit).', major, major);
END $$;
