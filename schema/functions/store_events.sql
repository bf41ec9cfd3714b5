-- store_events(asset_id, source, splits, dividends): keeps the splits and dividends a history answer reported: JSON arrays of
-- {ex_date, numerator, denominator} and {ex_date, amount}. What was typed by hand stays. A split that is new, with days before it
-- already served, puts that history out of date (providers rescale it): all of it counts as missing again.
-- To be called before the answer's own range is added to the coverage. Returns how many splits were new or changed.
-- Touches: asset_splits, asset_dividends, portfoliod.price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.store_events(of_asset integer, said_by text, splits jsonb, dividends jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    changed date[];
BEGIN
  BEGIN
    WITH stored AS (
        INSERT INTO public.asset_splits AS known (asset_id, ex_date, numerator, denominator, source)
        SELECT DISTINCT ON (said.ex_date) of_asset, said.ex_date, said.numerator, said.denominator, said_by
        FROM jsonb_to_recordset(splits) AS said (ex_date date, numerator numeric, denominator numeric)
        ON CONFLICT (asset_id, ex_date) DO UPDATE
        SET numerator = excluded.numerator, denominator = excluded.denominator, source = excluded.source
        WHERE known.source <> 'manual'
          AND known.numerator * excluded.denominator <> excluded.numerator * known.denominator
        RETURNING known.ex_date
    )
    SELECT array_agg(stored.ex_date) INTO changed FROM stored;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
  EXCEPTION WHEN check_violation THEN
    -- A split that would leave somebody oversold must not cost everybody the prices.
    RAISE WARNING 'the splits % reported for asset % are not kept: %', said_by, of_asset, SQLERRM;
    changed := NULL;
  END;

    INSERT INTO public.asset_dividends AS known (asset_id, ex_date, amount, source)
    SELECT DISTINCT ON (said.ex_date) of_asset, said.ex_date, said.amount, said_by
    FROM jsonb_to_recordset(dividends) AS said (ex_date date, amount numeric)
    ON CONFLICT (asset_id, ex_date) DO UPDATE
    SET amount = excluded.amount, source = excluded.source
    WHERE known.source <> 'manual' AND known.amount <> excluded.amount;

    UPDATE portfoliod.price_coverage AS coverage
    SET served = '{}', outdated_at = clock_timestamp() AT TIME ZONE 'UTC'
    WHERE coverage.asset_id = of_asset AND changed IS NOT NULL
      AND lower(coverage.served) < (SELECT max(day) FROM unnest(changed) AS day);
    RETURN coalesce(cardinality(changed), 0);
END
$$;
