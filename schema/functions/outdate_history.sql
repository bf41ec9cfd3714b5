-- portfoliod.outdate_history(assets): where the splits in effect are others than those the stored prices were judged with (one was
-- entered, reported, corrected, deleted, or its day has come), every day before the latest such split counts as missing again and
-- as outdated, so that it is fetched anew. NULL for assets means all.
--
-- Doubtful prices of those days go too: the answer brings them again, in today's shares. Those that a split had released are
-- doubted again, and released if what is known now explains them. Prices stay until others replace them, see merge_prices.
-- Touches portfoliod.price_coverage, portfoliod.quarantine, asset_prices.

CREATE OR REPLACE FUNCTION portfoliod.outdate_history(of_assets int[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    judged record;
    effective text[];
    last_split date;
BEGIN
    -- One condition that an index serves, for a few assets and for all.
    of_assets := coalesce(of_assets, ARRAY(SELECT coverage.asset_id FROM portfoliod.price_coverage AS coverage));
    IF NOT EXISTS (SELECT FROM portfoliod.price_coverage AS coverage
                   WHERE coverage.asset_id = ANY (of_assets)
                     AND coverage.counted_splits IS DISTINCT FROM portfoliod.splits_in_effect(coverage.asset_id, today)) THEN
        RETURN;
    END IF;
    -- in the order of a TRUNCATE of prices, which locks the coverage after the table
    LOCK TABLE ONLY public.asset_prices IN ROW EXCLUSIVE MODE;
    FOR judged IN
        SELECT coverage.asset_id, coverage.counted_splits FROM portfoliod.price_coverage AS coverage
        WHERE coverage.asset_id = ANY (of_assets)
          AND coverage.counted_splits IS DISTINCT FROM portfoliod.splits_in_effect(coverage.asset_id, today)
        ORDER BY coverage.asset_id FOR NO KEY UPDATE
    LOOP
        effective := portfoliod.splits_in_effect(judged.asset_id, today);
        SELECT max(left(differing.split, 10)::date) INTO last_split
        FROM ((SELECT unnest(judged.counted_splits) AS split EXCEPT SELECT unnest(effective))
              UNION ALL
              (SELECT unnest(effective) EXCEPT SELECT unnest(judged.counted_splits))) AS differing
        WHERE judged.counted_splits IS NOT NULL;
        UPDATE portfoliod.price_coverage AS coverage
        SET counted_splits = effective,
            served = CASE WHEN last_split IS NULL THEN coverage.served
                          ELSE coverage.served - datemultirange(daterange(NULL, last_split)) END,
            outdated = CASE WHEN last_split IS NULL THEN coverage.outdated
                            ELSE coverage.outdated + datemultirange(daterange(NULL, last_split)) END,
            outdated_at = CASE WHEN last_split IS NULL THEN coverage.outdated_at
                               ELSE clock_timestamp() AT TIME ZONE 'UTC' END
        WHERE coverage.asset_id = judged.asset_id;
        CONTINUE WHEN last_split IS NULL;

        WITH doubted AS (
            UPDATE portfoliod.quarantine AS doubt SET accepted_at = NULL, explained_by = NULL
            WHERE doubt.asset_id = judged.asset_id AND doubt.explained_by IS NOT NULL
            RETURNING doubt.price_date, doubt.source, doubt.value
        )
        DELETE FROM public.asset_prices AS price USING doubted
        WHERE price.asset_id = judged.asset_id AND price.timestamp = doubted.price_date
          AND price.source = doubted.source AND price.close = doubted.value;
        DELETE FROM portfoliod.quarantine AS doubt
        WHERE doubt.asset_id = judged.asset_id AND doubt.accepted_at IS NULL AND doubt.price_date < last_split;
        PERFORM portfoliod.release_quarantine(ARRAY[judged.asset_id]);
    END LOOP;
END $$;
