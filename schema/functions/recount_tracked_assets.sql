-- recount_tracked_assets(asset_ids): sets tracked_assets.tracking_users to the number of distinct users who hold any of
-- the asset, counted anew from the positions. Never plus or minus one: a count that is derived cannot drift.
-- An asset is tracked from its first position on; at 0 users its row stays (history is kept, live updates stop).
-- The rows are locked in id order before they are counted, in a later statement: two daemons that recount the same
-- asset do so one after the other. One that a transaction in progress holds (a price typed in psql) is not waited for: it
-- is returned as held_back, and the caller comes back to it. Those that are held again, for the first time, or no longer are returned
-- too, for the journal.
-- Touches: tracked_assets; reads portfolio_positions, portfolios.
CREATE OR REPLACE FUNCTION portfoliod.recount_tracked_assets(asset_ids integer[])
RETURNS TABLE (asset integer, held_back boolean, first_time boolean, users integer)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    mine integer[];
BEGIN
    INSERT INTO public.tracked_assets (asset_id, tracking_users)
    SELECT DISTINCT held.asset_id, 0
    FROM public.portfolio_positions AS held
    WHERE held.asset_id = ANY (asset_ids)
      AND NOT EXISTS (SELECT FROM public.tracked_assets AS known WHERE known.asset_id = held.asset_id)
    ORDER BY 1
    ON CONFLICT (asset_id) DO NOTHING;

    SELECT array_agg(locked.asset_id) INTO mine
    FROM (SELECT tracked.asset_id FROM public.tracked_assets AS tracked
          WHERE tracked.asset_id = ANY (asset_ids)
          ORDER BY tracked.asset_id
          FOR NO KEY UPDATE SKIP LOCKED) AS locked;

    RETURN QUERY
    WITH counted AS (
        SELECT candidate.asset_id, count(DISTINCT portfolio.user_id)::integer AS users_now
        FROM unnest(mine) AS candidate (asset_id)
        LEFT JOIN public.portfolio_positions AS held
            ON held.asset_id = candidate.asset_id AND held.quantity > 0
        LEFT JOIN public.portfolios AS portfolio ON portfolio.id = held.portfolio_id
        GROUP BY candidate.asset_id
    ), changed AS (
        UPDATE public.tracked_assets AS tracked
        SET tracking_users = counted.users_now
        FROM counted JOIN public.tracked_assets AS before USING (asset_id)
        WHERE tracked.asset_id = counted.asset_id AND tracked.tracking_users <> counted.users_now
        RETURNING tracked.asset_id, tracked.first_tracked_at, before.tracking_users AS users_before, counted.users_now
    )
    SELECT changed.asset_id, false, changed.first_tracked_at = now() AT TIME ZONE 'UTC', changed.users_now
    FROM changed WHERE changed.users_before = 0 OR changed.users_now = 0;

    RETURN QUERY
    SELECT tracked.asset_id, true, false, tracked.tracking_users FROM public.tracked_assets AS tracked
    WHERE tracked.asset_id = ANY (asset_ids) AND tracked.asset_id <> ALL (coalesce(mine, '{}'));
END
$$;
