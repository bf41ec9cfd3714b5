-- looks_doubtful(asset, first_day, last_day): whether anything among the staged prices of this asset, or between them and the stored ones of
-- those days and the ten before, is a step of more than 20 times, or is not above zero. Almost every answer ends here, so it is one
-- pass in the order of days; what it finds is judged by quarantine_staged().
-- Reads pg_temp.price_staging, asset_prices.
CREATE OR REPLACE FUNCTION portfoliod.looks_doubtful(of_asset integer, first_day date, last_day date)
RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM (
            SELECT daily.day, daily.lowest, daily.highest, lag(daily.day) OVER w AS day_before,
                   lag(daily.lowest) OVER w AS lowest_before, lag(daily.highest) OVER w AS highest_before
            FROM (
                SELECT known.day, min(known.close) AS lowest, max(known.close) AS highest
                FROM (SELECT staged.price_date AS day, staged.close FROM pg_temp.price_staging AS staged
                      WHERE staged.asset_id = of_asset
                      UNION ALL
                      SELECT price.timestamp::date, price.close FROM public.asset_prices AS price
                      WHERE price.asset_id = of_asset AND price.close > 0
                        AND price.timestamp >= first_day - 10 AND price.timestamp <= last_day) AS known
                GROUP BY known.day) AS daily
            WINDOW w AS (ORDER BY daily.day)) AS step
        WHERE step.lowest <= 0
           OR (step.day - step.day_before <= 10
               AND (step.highest > step.lowest_before * 20 OR step.lowest * 20 < step.highest_before)));
END
$$;
