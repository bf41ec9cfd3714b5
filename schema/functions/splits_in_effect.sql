-- portfoliod.splits_in_effect(asset, today): the splits whose day has come, as "2026-02-01 2/1" in order of days: what prices in today's
-- shares depend on. Reads asset_splits.

CREATE OR REPLACE FUNCTION portfoliod.splits_in_effect(of_asset int, today date) RETURNS text[]
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(array_agg(format('%s %s/%s', to_char(split.ex_date, 'YYYY-MM-DD'), trim_scale(split.numerator),
                                     trim_scale(split.denominator)) ORDER BY split.ex_date), '{}')
    FROM public.asset_splits AS split
    WHERE split.asset_id = of_asset AND split.ex_date <= today;
END;
