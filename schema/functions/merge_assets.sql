-- merge_assets(): writes the staged catalogue into assets, and returns how many rows it added and changed; the same catalogue again changes
-- nothing. An asset is known by symbol and exchange; is_active is the user's alone and stays. Of a (symbol, exchange) that
-- stands twice the last line counts.
-- Touches: assets, its full-text index (index_catalogue()); reads pg_temp.asset_staging (see prepare_asset_staging()).
CREATE OR REPLACE FUNCTION portfoliod.merge_assets()
RETURNS TABLE (added integer, changed integer)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    WITH latest AS (
        SELECT DISTINCT ON (staged.symbol, staged.exchange) staged.*
        FROM pg_temp.asset_staging AS staged
        ORDER BY staged.symbol, staged.exchange, staged.line DESC
    ),
    written AS (
        INSERT INTO public.assets AS asset (symbol, name, asset_type, exchange, native_currency, metadata)
        SELECT latest.symbol, latest.name, latest.asset_type, latest.exchange, latest.native_currency, latest.metadata
        FROM latest
        ON CONFLICT (symbol, exchange) DO UPDATE
        SET name = excluded.name, asset_type = excluded.asset_type,
            native_currency = excluded.native_currency, metadata = excluded.metadata
        WHERE (asset.name, asset.asset_type, asset.native_currency, asset.metadata) IS DISTINCT FROM
              (excluded.name, excluded.asset_type, excluded.native_currency, excluded.metadata)
        RETURNING asset.xmax = 0 AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new)
    INTO added, changed
    FROM written;
    IF added + changed > 0 THEN
        PERFORM portfoliod.index_catalogue();
    END IF;
    RETURN NEXT;
END
$$;
