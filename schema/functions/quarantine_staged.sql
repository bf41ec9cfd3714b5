-- quarantine_staged(asset, final): takes out of the staged prices of this asset those that are not to be believed, and puts them into
-- quarantine, once each. Returns how many. A price is doubtful when
--   it is not above zero (it came so small that nothing was left of it);
--   it is a jump, see is_jump(), from the last believed close of the ten days before it: of the answer or of the table, whichever is
--   nearer. One that is doubtful speaks for none after it, so the good ones behind it stay; after ten days of doubtful ones
--   nothing speaks against the new level any more;
--   nothing before it speaks for it and the answer contradicts it: of the levels that begin within ten days the one with the most
--   closes (the first of equals) is believed, and what stands before that is not.
-- What is stored already, and what was admitted before, is believed. Closes that a split has outdated (see outdate_history) say
-- nothing where no split lies between.
-- Touches pg_temp.price_staging, portfoliod.quarantine; reads asset_prices, asset_splits, portfoliod.price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.quarantine_staged(of_asset integer, final boolean)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    outdated_days datemultirange := coalesce((SELECT coverage.outdated FROM portfoliod.price_coverage AS coverage
                                              WHERE coverage.asset_id = of_asset), '{}');
    days date[];
    closes numeric[];
    believed boolean[];
    old_shares boolean[];
    amount integer;
    anchor integer;
    i integer := 1;
    level_start integer;
    level_size integer;
    best integer;
    best_size integer;
    doubt_days date[] := '{}';
    doubt_previous numeric[] := '{}';
    doubt_reasons text[] := '{}';
BEGIN
    -- Day by day what will stand there: the table's price where it will not be replaced, else the answer's.
    SELECT array_agg(line.day ORDER BY line.day), array_agg(line.close ORDER BY line.day),
           array_agg(line.believed ORDER BY line.day), array_agg(line.old_shares ORDER BY line.day)
    INTO days, closes, believed, old_shares
    FROM (
        SELECT coalesce(staged.price_date, stored.day) AS day,
               CASE WHEN stays.so THEN stored.close ELSE staged.close END AS close,
               stays.so OR coalesce(stored.close = staged.close AND NOT stored.day <@ outdated_days, false)
                   OR EXISTS (SELECT FROM portfoliod.quarantine AS admitted
                              WHERE admitted.asset_id = of_asset AND admitted.price_date = staged.price_date
                                AND admitted.source = staged.source AND admitted.value = staged.close
                                AND admitted.accepted_at IS NOT NULL) AS believed,
               stays.so AND stored.source <> 'manual' AND stored.day <@ outdated_days AS old_shares
        FROM (SELECT * FROM pg_temp.price_staging WHERE asset_id = of_asset) AS staged
        FULL JOIN (
            SELECT price.timestamp::date AS day, price.close, price.source, price.is_final
            FROM public.asset_prices AS price
            WHERE price.asset_id = of_asset
              AND price.timestamp >= (SELECT min(price_date) - 10 FROM pg_temp.price_staging WHERE asset_id = of_asset)
              AND price.timestamp <= (SELECT max(price_date) FROM pg_temp.price_staging WHERE asset_id = of_asset)
        ) AS stored ON stored.day = staged.price_date
        CROSS JOIN LATERAL (
            SELECT staged.price_date IS NULL
                OR coalesce(stored.source = 'manual'
                            OR (stored.is_final
                                AND NOT (final AND (stored.source = staged.source OR stored.day <@ outdated_days))), false) AS so
        ) AS stays
    ) AS line;
    amount := coalesce(cardinality(days), 0);

    WHILE i <= amount LOOP
        IF closes[i] <= 0 THEN
            IF NOT believed[i] THEN
                doubt_days := doubt_days || days[i];
                doubt_previous := doubt_previous || NULL::numeric;
                doubt_reasons := doubt_reasons || 'not above zero'::text;
            END IF;
            i := i + 1;
        ELSIF believed[i] THEN
            anchor := i;
            i := i + 1;
        ELSIF days[i] - days[anchor] <= 10 THEN
            IF NOT portfoliod.is_jump(of_asset, days[anchor], closes[anchor], days[i], closes[i])
               OR (old_shares[anchor]
                   AND NOT EXISTS (SELECT FROM public.asset_splits AS split
                                   WHERE split.asset_id = of_asset AND split.ex_date > days[anchor] AND split.ex_date <= days[i])) THEN
                anchor := i;
            ELSE
                doubt_days := doubt_days || days[i];
                doubt_previous := doubt_previous || closes[anchor];
                doubt_reasons := doubt_reasons || format(
                    '%s the previous close, %s on %s',
                    CASE WHEN closes[i] > closes[anchor] THEN 'more than 20 times' ELSE 'less than a 20th of' END,
                    trim_scale(closes[anchor]), to_char(days[anchor], 'YYYY-MM-DD'));
            END IF;
            i := i + 1;
        ELSE
            best := i;
            best_size := 0;
            level_start := i;
            level_size := 0;
            FOR j IN i .. amount LOOP
                EXIT WHEN believed[j] OR closes[j] <= 0;
                IF j > i AND (days[j] - days[j - 1] > 10
                              OR portfoliod.is_jump(of_asset, days[j - 1], closes[j - 1], days[j], closes[j])) THEN
                    IF level_size > best_size THEN
                        best := level_start;
                        best_size := level_size;
                    END IF;
                    level_start := j;
                    level_size := 0;
                    EXIT WHEN days[j] > days[i] + 10;
                END IF;
                EXIT WHEN days[j] > days[level_start] + 10;
                level_size := level_size + 1;
            END LOOP;
            IF level_size > best_size THEN
                best := level_start;
            END IF;
            FOR j IN i .. best - 1 LOOP
                doubt_days := doubt_days || days[j];
                doubt_previous := doubt_previous || NULL::numeric;
                doubt_reasons := doubt_reasons || format(
                    'no close before it speaks for it, and those from %s on are at %s', to_char(days[best], 'YYYY-MM-DD'),
                    trim_scale(closes[best]));
            END LOOP;
            anchor := best;
            i := best + 1;
        END IF;
    END LOOP;

    INSERT INTO portfoliod.quarantine (asset_id, price_date, value, previous_close, reason, source, excerpt, is_final)
    SELECT of_asset, staged.price_date, staged.close, doubt.previous, doubt.reason, staged.source,
           concat_ws(', ', 'open ' || trim_scale(staged.open), 'high ' || trim_scale(staged.high), 'low ' || trim_scale(staged.low),
                     'close ' || trim_scale(staged.close), 'volume ' || staged.volume), quarantine_staged.final
    FROM unnest(doubt_days, doubt_previous, doubt_reasons) AS doubt (day, previous, reason)
    JOIN pg_temp.price_staging AS staged ON staged.asset_id = of_asset AND staged.price_date = doubt.day
    ORDER BY staged.price_date
    ON CONFLICT DO NOTHING;
    DELETE FROM pg_temp.price_staging AS staged WHERE staged.asset_id = of_asset AND staged.price_date = ANY (doubt_days);
    RETURN cardinality(doubt_days);
END
$$;
