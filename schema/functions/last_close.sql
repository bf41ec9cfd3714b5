-- last_close(asset): the last row of its prices, however old; no row when there is none.
-- Reads: asset_prices, all partitions.
CREATE OR REPLACE FUNCTION portfoliod.last_close(of_asset integer)
RETURNS TABLE (close numeric, "timestamp" timestamp, is_final boolean)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    RETURN QUERY
    SELECT price.close, price.timestamp, price.is_final FROM public.asset_prices AS price
    WHERE price.asset_id = of_asset ORDER BY price.timestamp DESC LIMIT 1;
END
$$;
