-- convert_staged(asset, today): turns staged prices as they were traded into prices in today's shares: divided by the product of all
-- later splits in effect (multiplied first, divided and rounded once), the volume multiplied by it. What a provider calls
-- unadjusted never meets converted rows otherwise.
-- To be called before merge_prices(). Touches pg_temp.price_staging; reads asset_splits.
CREATE OR REPLACE FUNCTION portfoliod.convert_staged(of_asset integer, today date)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    split record;
    old_shares numeric := 1;
    new_shares numeric := 1;
BEGIN
    -- from the latest back: each adds its ratio for the days before it, and no row is rounded twice
    FOR split IN
        SELECT known.ex_date, known.numerator, known.denominator,
               lead(known.ex_date, 1, '-infinity') OVER (ORDER BY known.ex_date DESC) AS previous
        FROM public.asset_splits AS known
        WHERE known.asset_id = of_asset AND known.ex_date <= today
        ORDER BY known.ex_date DESC
    LOOP
        new_shares := new_shares * split.numerator;
        old_shares := old_shares * split.denominator;
        UPDATE pg_temp.price_staging AS staged
        SET open = portfoliod.divide_rounded(staged.open * old_shares, new_shares),
            high = portfoliod.divide_rounded(staged.high * old_shares, new_shares),
            low = portfoliod.divide_rounded(staged.low * old_shares, new_shares),
            close = portfoliod.divide_rounded(staged.close * old_shares, new_shares),
            volume = div(staged.volume * new_shares, old_shares)::bigint
        WHERE staged.asset_id = of_asset AND staged.price_date < split.ex_date AND staged.price_date >= split.previous;
    END LOOP;
END
$$;
