-- portfoliod.is_jump(asset, day_before, before, day, close): whether the close is more than 20 times, or less than a 20th of, the one
-- before it, and the splits between the two days do not explain that either (a provider that has not rescaled its prices yet).
-- Both above zero. Reads asset_splits.

CREATE OR REPLACE FUNCTION portfoliod.is_jump(of_asset int, day_before date, before numeric, day date, close numeric) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    in_old_shares numeric;
BEGIN
    IF close <= before * 20 AND close * 20 >= before THEN
        RETURN false;
    END IF;
    SELECT close * exp(sum(ln(split.numerator / split.denominator))) INTO in_old_shares
      FROM public.asset_splits AS split
     WHERE split.asset_id = of_asset AND split.ex_date > day_before AND split.ex_date <= day;
    RETURN in_old_shares IS NULL OR in_old_shares > before * 20 OR in_old_shares * 20 < before;
END $$;
