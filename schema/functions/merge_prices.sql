-- merge_prices(final, close_only_before): writes the staged bars into asset_prices and returns how many rows of each staged asset changed;
-- the same bars again change nothing. What is not to be believed goes into quarantine instead (quarantine_staged).
--   final = true   finished days: replaces provisional rows, and final ones of the same source that were corrected since;
--   final = false  a quote: provisional, replaces only provisional rows.
-- A row whose source is 'manual' is never touched, nor a final row of another source, unless a split has outdated it
-- (outdate_history): then it is replaced by whatever source, and deleted where the answer passes over its day. Bars of days before
-- close_only_before keep their close alone (seed: data older than two years).
-- Touches: asset_prices and its partitions, portfoliod.quarantine, portfoliod.price_coverage; reads pg_temp.price_staging (see
-- prepare_staging()).
DROP FUNCTION IF EXISTS portfoliod.merge_prices(boolean, date);         -- before it counted by asset
CREATE OR REPLACE FUNCTION portfoliod.merge_prices(final boolean, close_only_before date)
RETURNS TABLE (merged_asset integer, rows_changed integer)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    extent record;
    renewed record;
    assets integer[] := '{}';
    first_days date[] := '{}';
    last_days date[] := '{}';
    changed integer[];
    gone integer;
BEGIN
    PERFORM portfoliod.ensure_price_partition(missing.year)
    FROM (
        SELECT DISTINCT extract(year FROM staged.price_date)::integer AS year
        FROM pg_temp.price_staging AS staged
    ) AS missing
    WHERE to_regclass(format('public.asset_prices_%s', missing.year)) IS NULL;

    FOR extent IN
        SELECT staged.asset_id, min(staged.price_date) AS first_day, max(staged.price_date) AS last_day
        FROM pg_temp.price_staging AS staged GROUP BY staged.asset_id ORDER BY staged.asset_id
    LOOP
        PERFORM portfoliod.lock_judgement(extent.asset_id);
        assets := assets || extent.asset_id;
        first_days := first_days || extent.first_day;
        last_days := last_days || extent.last_day;
        IF portfoliod.looks_doubtful(extent.asset_id, extent.first_day, extent.last_day) THEN
            PERFORM portfoliod.quarantine_staged(extent.asset_id, final);
        END IF;
    END LOOP;

    WITH written AS (
        INSERT INTO public.asset_prices AS price
            (asset_id, timestamp, open, high, low, close, volume, source, is_final)
        SELECT staged.asset_id, staged.price_date,
               CASE WHEN kept.bar THEN staged.open END, CASE WHEN kept.bar THEN staged.high END,
               CASE WHEN kept.bar THEN staged.low END, staged.close,
               CASE WHEN kept.bar THEN staged.volume END, staged.source, final
        FROM pg_temp.price_staging AS staged
        CROSS JOIN LATERAL (SELECT staged.price_date >= close_only_before AS bar) AS kept
        ORDER BY staged.asset_id, staged.price_date
        ON CONFLICT (asset_id, timestamp) DO UPDATE
        SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
            volume = excluded.volume, source = excluded.source, is_final = excluded.is_final
        WHERE price.source <> 'manual'
          AND (NOT price.is_final
               OR (final AND (price.source = excluded.source
                              OR EXISTS (SELECT FROM portfoliod.price_coverage AS coverage
                                         WHERE coverage.asset_id = price.asset_id AND price.timestamp::date <@ coverage.outdated))))
          AND (price.open, price.high, price.low, price.close, price.volume, price.source, price.is_final)
              IS DISTINCT FROM
              (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.source,
               excluded.is_final)
        RETURNING price.asset_id)
    SELECT array_agg(coalesce(counted.rows, 0) ORDER BY done.at) INTO changed
    FROM unnest(assets) WITH ORDINALITY AS done (asset_id, at)
    LEFT JOIN (SELECT written.asset_id, count(*)::integer AS rows FROM written GROUP BY written.asset_id) AS counted
        ON counted.asset_id = done.asset_id;

    FOR renewed IN
        SELECT answer.asset_id, answer.at, answer.days, coverage.outdated
        FROM (SELECT done.asset_id, done.at, daterange(done.first_day, done.last_day, '[]') AS days
              FROM unnest(assets, first_days, last_days) WITH ORDINALITY AS done (asset_id, first_day, last_day, at)
              WHERE final) AS answer
        JOIN portfoliod.price_coverage AS coverage
            ON coverage.asset_id = answer.asset_id AND coverage.outdated && answer.days
    LOOP
        DELETE FROM public.asset_prices AS price
        WHERE price.asset_id = renewed.asset_id AND price.source <> 'manual'
          AND price.timestamp >= lower(renewed.days) AND price.timestamp < upper(renewed.days)
          AND price.timestamp::date <@ renewed.outdated
          AND NOT EXISTS (SELECT FROM pg_temp.price_staging AS staged
                          WHERE staged.asset_id = price.asset_id AND staged.price_date = price.timestamp);
        GET DIAGNOSTICS gone = ROW_COUNT;
        changed[renewed.at] := changed[renewed.at] + gone;
        UPDATE portfoliod.price_coverage AS coverage
        SET outdated = coverage.outdated - datemultirange(renewed.days) WHERE coverage.asset_id = renewed.asset_id;
    END LOOP;

    IF EXISTS (SELECT FROM portfoliod.quarantine AS doubt
               WHERE doubt.asset_id = ANY (assets) AND doubt.accepted_at IS NULL) THEN
        FOR i IN 1 .. cardinality(assets) LOOP
            changed[i] := changed[i] + portfoliod.review_quarantine(ARRAY[assets[i]]);
        END LOOP;
    END IF;
    RETURN QUERY SELECT done.* FROM unnest(assets, changed) AS done;
END
$$;
