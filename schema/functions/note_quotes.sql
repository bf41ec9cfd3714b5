-- note_quotes(asset_ids, attempted_at): writes down that the latest prices of these assets were asked for. What somebody else has
-- locked is passed over, so that no other asset's quote waits for it: at worst a daemon started next makes that attempt again.
-- Touches: tracked_assets.
CREATE OR REPLACE FUNCTION portfoliod.note_quotes(asset_ids integer[], attempted_at timestamp)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    UPDATE public.tracked_assets AS tracked
    SET last_tracked_at = note_quotes.attempted_at
    WHERE tracked.asset_id IN (SELECT asked.asset_id FROM public.tracked_assets AS asked
                               WHERE asked.asset_id = ANY (note_quotes.asset_ids)
                               ORDER BY asked.asset_id
                               FOR NO KEY UPDATE SKIP LOCKED);
END;
