-- check_staged_transactions(): finds the asset of each staged trade and returns what keeps lines from being imported: a symbol that
-- names no asset or several, a reference that stands twice with different contents.
-- Touches: pg_temp.transaction_staging; reads assets.
CREATE OR REPLACE FUNCTION portfoliod.check_staged_transactions()
RETURNS TABLE (line integer, reason text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    CREATE TEMPORARY TABLE named_assets ON COMMIT DROP AS
    SELECT named.symbol, named.exchange, min(asset.id) AS id, count(asset.id) AS assets,
           string_agg(coalesce(asset.exchange, 'none'), ', ' ORDER BY asset.exchange) AS exchanges
    FROM (SELECT DISTINCT staged.symbol, staged.exchange FROM pg_temp.transaction_staging AS staged) AS named
    LEFT JOIN public.assets AS asset
        ON asset.symbol = named.symbol AND (named.exchange IS NULL OR asset.exchange = named.exchange)
    GROUP BY 1, 2;

    UPDATE pg_temp.transaction_staging AS staged SET asset_id = named.id
    FROM pg_temp.named_assets AS named
    WHERE named.symbol = staged.symbol AND named.exchange IS NOT DISTINCT FROM staged.exchange AND named.assets = 1;

    RETURN QUERY
    SELECT staged.line,
           CASE WHEN named.assets > 1
                THEN format('several assets are called %L, on %s: say which in a column exchange', named.symbol, named.exchanges)
                ELSE format('no asset is called %L', named.symbol) || coalesce(' on ' || named.exchange, '')
                     || coalesce((SELECT '; did you mean ' || string_agg(format('%L on %s', near.symbol, near.exchange), ' or ')
                                  FROM (SELECT asset.symbol, coalesce(asset.exchange, 'none') AS exchange FROM public.assets AS asset
                                        WHERE upper(asset.symbol) = upper(named.symbol) ORDER BY 1, 2 LIMIT 3) AS near),
                                 '; add it to assets, or load a catalogue: portfoliod import-assets') END
    FROM pg_temp.transaction_staging AS staged
    JOIN pg_temp.named_assets AS named
        ON named.symbol = staged.symbol AND named.exchange IS NOT DISTINCT FROM staged.exchange
    WHERE named.assets <> 1
    UNION ALL
    SELECT again.line, format('id %L stands on line %s too, with other contents', again.external_id, again.first_line)
    FROM (
        SELECT staged.*, first_value(staged.line) OVER same AS first_line,
               first_value((staged.timestamp, staged.transaction_type, staged.symbol, staged.exchange, staged.quantity, staged.price,
                            staged.fee)) OVER same AS first_contents
        FROM pg_temp.transaction_staging AS staged
        WHERE staged.external_id IS NOT NULL
        WINDOW same AS (PARTITION BY staged.external_id ORDER BY staged.line)
    ) AS again
    WHERE (again.timestamp, again.transaction_type, again.symbol, again.exchange, again.quantity, again.price, again.fee)
          IS DISTINCT FROM again.first_contents;
END
$$;
