-- has_outdated_prices(asset, since): whether a provider's price of that day or later is still in shares of before a split. One typed by hand
-- is whoever typed it's.
-- Reads: asset_prices, portfoliod.price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.has_outdated_prices(of_asset integer, since date)
RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM portfoliod.price_coverage AS coverage
        JOIN public.asset_prices AS price ON price.asset_id = coverage.asset_id
        WHERE coverage.asset_id = of_asset AND price.timestamp >= since AND price.source <> 'manual'
          AND price.timestamp::date <@ coverage.outdated);
END
$$;
