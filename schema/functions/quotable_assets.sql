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
    WHERE asset.id = tracked.asset_id AND tracked.tracking_users > 0 AND asset.is_active
    RETURNING asset.id, asset.symbol::text, asset.asset_type::text, coalesce(asset.exchange, '')::text,
              asset.native_currency::text;
END;
