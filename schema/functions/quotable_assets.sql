-- quotable_assets(): the assets whose latest price is to be asked for: somebody holds them and they are active; with the time of the
-- last attempt (see note_quotes()).
-- Reads: tracked_assets, assets.
CREATE OR REPLACE FUNCTION portfoliod.quotable_assets()
RETURNS TABLE (asset_id integer, symbol text, asset_type text, exchange text, native_currency text, last_tracked_at timestamp)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT asset.id, asset.symbol::text, asset.asset_type::text, coalesce(asset.exchange, '')::text,
           asset.native_currency::text, tracked.last_tracked_at
    FROM public.tracked_assets AS tracked
    JOIN public.assets AS asset ON asset.id = tracked.asset_id AND asset.is_active IS NOT FALSE
    WHERE tracked.tracking_users > 0
    ORDER BY asset.id;
END;
