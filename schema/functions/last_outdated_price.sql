-- last_outdated_price(asset): the last day with a provider's price that is still in shares of before a split; NULL when there is none. One
-- typed by hand is whoever typed it's.
-- Reads: asset_prices, portfoliod.price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.last_outdated_price(of_asset integer)
RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT max(price.timestamp)::date
            FROM portfoliod.price_coverage AS coverage
            JOIN public.asset_prices AS price ON price.asset_id = coverage.asset_id
            WHERE coverage.asset_id = of_asset AND price.source <> 'manual' AND price.timestamp::date <@ coverage.outdated);
END
$$;
