-- review_quarantine(assets): after prices of these assets were merged: drops what a later answer has settled (a bad close that its own
-- provider has corrected, a quote of a day that is finished), and releases what the new prices speak for. Returns how many prices
-- were released.
-- Touches: portfoliod.quarantine, asset_prices; reads pg_temp.price_staging.
CREATE OR REPLACE FUNCTION portfoliod.review_quarantine(assets integer[])
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    DELETE FROM portfoliod.quarantine AS doubt
    WHERE doubt.asset_id = ANY (assets) AND doubt.accepted_at IS NULL
      AND (EXISTS (SELECT FROM pg_temp.price_staging AS staged
                   JOIN public.asset_prices AS price
                       ON price.asset_id = staged.asset_id AND price.timestamp = staged.price_date
                      AND price.source = staged.source AND (price.is_final OR NOT doubt.is_final)
                   WHERE staged.asset_id = doubt.asset_id AND staged.price_date = doubt.price_date AND staged.source = doubt.source)
           OR (NOT doubt.is_final
               AND (EXISTS (SELECT FROM public.asset_prices AS price
                            WHERE price.asset_id = doubt.asset_id AND price.timestamp = doubt.price_date AND price.is_final)
                    OR EXISTS (SELECT FROM portfoliod.quarantine AS bar
                               WHERE bar.asset_id = doubt.asset_id AND bar.price_date = doubt.price_date AND bar.is_final))));
    RETURN portfoliod.release_quarantine(assets);
END
$$;
