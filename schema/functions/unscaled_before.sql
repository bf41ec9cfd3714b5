-- unscaled_before(asset, today): the day before which a provider's stored closes may still be in shares of before a split; NULL when there
-- is none. Providers rescale their history in the night of a split or a day later. So a split of the last ten days is taken for
-- rescaled when the closes on both sides of its day show it: when the step between them is nearer to none than to the split's
-- ratio. Without a close on or after that day nothing shows it yet. Ratios below 3 for 2 are too near to an ordinary day to be seen.
-- After ten days what a provider says is its last word.
-- Almost every asset ends at the first look; in PL/pgSQL, whose plans are kept, for planning the second one over all partitions took
-- longer than the rest of a job's completion.
-- Reads: asset_splits, asset_prices.
CREATE OR REPLACE FUNCTION portfoliod.unscaled_before(of_asset integer, today date)
RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.asset_splits AS split
                   WHERE split.asset_id = of_asset AND split.ex_date <= today AND split.ex_date > today - 10) THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT max(split.ex_date)
        FROM public.asset_splits AS split
        LEFT JOIN LATERAL (
            SELECT price.close FROM public.asset_prices AS price
            WHERE price.asset_id = of_asset AND price.source <> 'manual' AND price.close > 0
              AND price.timestamp < split.ex_date AND price.timestamp >= split.ex_date - 10
            ORDER BY price.timestamp DESC LIMIT 1) AS before ON true
        LEFT JOIN LATERAL (
            SELECT price.close FROM public.asset_prices AS price
            WHERE price.asset_id = of_asset AND price.source <> 'manual' AND price.close > 0
              AND price.timestamp >= split.ex_date AND price.timestamp < split.ex_date + 10
            ORDER BY price.timestamp LIMIT 1) AS after ON true
        WHERE split.asset_id = of_asset AND split.ex_date <= today AND split.ex_date > today - 10
          AND before.close IS NOT NULL
          AND (after.close IS NULL
               OR (abs(ln(split.numerator / split.denominator)) >= ln(1.49)
                   AND abs(ln(after.close / before.close))
                       > abs(ln(after.close / before.close) + ln(split.numerator / split.denominator)))));
END
$$;
