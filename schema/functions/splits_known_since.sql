-- splits_known_since(asset, today): the day from which on all splits of this asset are known, so that prices as they were traded can be
-- converted into today's shares: its type has none, or a provider that reports splits was asked for all days since, the last time
-- within a month (one of the last weeks comes with that provider's next answer, and everything before it is fetched anew).
-- NULL when nothing is known.
-- Reads: assets, portfoliod.price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.splits_known_since(of_asset integer, today date)
RETURNS date
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN asset.asset_type <> 'stock' THEN '1900-01-01'::date ELSE known.since END
    FROM public.assets AS asset
    LEFT JOIN LATERAL (
        SELECT max(lower(part)) AS since
        FROM portfoliod.price_coverage AS coverage, unnest(coverage.splits_known) AS part
        WHERE coverage.asset_id = asset.id AND upper(part) > today - 31) AS known ON true
    WHERE asset.id = of_asset;
END;
