-- store_events(asset_id, source, splits, dividends, asked): keeps the splits and dividends a history answer reported: JSON arrays of
-- {ex_date, numerator, denominator} and {ex_date, amount}. What was typed by hand stays. A split that is new puts the history
-- before it out of date, see outdate_history(). asked: the days for which the provider reports its splits, if it does: there are no others.
-- To be called before the answer's own range is added to the coverage. Returns how many splits were new or changed.
-- Touches: asset_splits, asset_dividends, portfoliod.price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.store_events(
    of_asset integer, said_by text, splits jsonb, dividends jsonb, asked daterange DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    changed integer := 0;
BEGIN
    IF splits <> '[]' THEN
        BEGIN
            INSERT INTO public.asset_splits AS known (asset_id, ex_date, numerator, denominator, source)
            SELECT DISTINCT ON (said.ex_date) of_asset, said.ex_date, said.numerator, said.denominator, said_by
            FROM jsonb_to_recordset(splits) AS said (ex_date date, numerator numeric, denominator numeric)
            ON CONFLICT (asset_id, ex_date) DO UPDATE
            SET numerator = excluded.numerator, denominator = excluded.denominator, source = excluded.source
            WHERE known.source <> 'manual'
              AND known.numerator * excluded.denominator <> excluded.numerator * known.denominator;
            GET DIAGNOSTICS changed = ROW_COUNT;
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
        EXCEPTION WHEN check_violation OR numeric_value_out_of_range THEN
            -- A split that would leave somebody oversold, or that no column holds, must not cost everybody the prices.
            RAISE WARNING 'the splits % reported for asset % are not kept: %', said_by, of_asset, SQLERRM;
            changed := 0;
            asked := NULL;
        END;
    END IF;

    IF dividends <> '[]' THEN
        INSERT INTO public.asset_dividends AS known (asset_id, ex_date, amount, source)
        SELECT DISTINCT ON (said.ex_date) of_asset, said.ex_date, said.amount, said_by
        FROM jsonb_to_recordset(dividends) AS said (ex_date date, amount numeric)
        ON CONFLICT (asset_id, ex_date) DO UPDATE
        SET amount = excluded.amount, source = excluded.source
        WHERE known.source <> 'manual' AND known.amount <> excluded.amount;
    END IF;

    IF asked IS NOT NULL THEN
        INSERT INTO portfoliod.price_coverage AS coverage (asset_id, splits_known, counted_splits)
        VALUES (of_asset, datemultirange(asked), portfoliod.splits_in_effect(of_asset, (now() AT TIME ZONE 'UTC')::date))
        ON CONFLICT (asset_id) DO UPDATE SET splits_known = coverage.splits_known + excluded.splits_known;
    END IF;
    RETURN changed;
END
$$;
