-- quotable_assets(): the assets whose latest price is to be asked for: somebody holds them and they are active. Notes the attempt
-- in tracked_assets.last_tracked_at.
-- Touches: tracked_assets; reads assets.
CREATE OR REPLACE FUNCTION portfoliod.quotable_assets()
RETURNS TABLE (asset_id integer, symbol text, asset_type text, exchange text, native_currency text)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    UPDATE public.tracked_assets AS tracked
    SET last_tracked_at = now() AT TIME ZONE 'UTC'
    FROM public.assets AS asset
    WHERE asset.id = tracked.asset_id
      -- locked in id order, as everybody locks them
      AND tracked.asset_id IN (SELECT held.asset_id FROM public.tracked_assets AS held
                               JOIN public.assets AS active ON active.id = held.asset_id
                               WHERE held.tracking_users > 0 AND active.is_active IS NOT FALSE
                               ORDER BY held.asset_id
                               FOR NO KEY UPDATE OF held)
    RETURNING asset.id, asset.symbol::text, asset.asset_type::text, coalesce(asset.exchange, '')::text,
              asset.native_currency::text;
END;
