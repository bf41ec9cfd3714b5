-- apply_price_factor(asset): makes staged prices money per unit held, where they are quoted otherwise: bonds in percent of par have
-- assets.metadata {"price_factor": 0.01}, and a quantity that is the face amount.
-- To be called before merge_prices(). Touches pg_temp.price_staging; reads assets.
CREATE OR REPLACE FUNCTION portfoliod.apply_price_factor(of_asset integer)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    factor numeric;
BEGIN
    SELECT (asset.metadata ->> 'price_factor')::numeric INTO factor FROM public.assets AS asset WHERE asset.id = of_asset;
    IF factor IS NULL OR factor = 1 THEN
        RETURN;
    END IF;
    UPDATE pg_temp.price_staging AS staged
    SET open = round(staged.open * factor, 12), high = round(staged.high * factor, 12),
        low = round(staged.low * factor, 12), close = round(staged.close * factor, 12)
    WHERE staged.asset_id = of_asset;
END
$$;
