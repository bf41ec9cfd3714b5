-- recount_tracked_assets(asset_ids): sets tracked_assets.tracking_users to the number of distinct users who hold any of
-- the asset, counted anew from the positions. Never plus or minus one: a count that is derived cannot drift.
-- An asset is tracked from its first position on; at 0 users its row stays (history is kept, live updates stop).
-- The rows are locked in id order before they are counted, in a later statement: two daemons that recount the same
-- asset do so one after the other. One that a transaction in progress holds (a price typed in psql) is not waited for: it
-- is returned, and the caller comes back to it.
-- Touches: tracked_assets; reads portfolio_positions, portfolios.
CREATE OR REPLACE FUNCTION portfoliod.recount_tracked_assets(asset_ids integer[])
RETURNS SETOF integer
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

    UPDATE public.tracked_assets AS tracked
    SET tracking_users = counted.users
    FROM (
        SELECT asset.asset_id, count(DISTINCT portfolio.user_id) AS users
        FROM unnest(mine) AS asset (asset_id)
        LEFT JOIN public.portfolio_positions AS held
            ON held.asset_id = asset.asset_id AND held.quantity > 0
        LEFT JOIN public.portfolios AS portfolio ON portfolio.id = held.portfolio_id
        GROUP BY asset.asset_id
    ) AS counted
    WHERE tracked.asset_id = counted.asset_id AND tracked.tracking_users <> counted.users;

    RETURN QUERY
    SELECT tracked.asset_id FROM public.tracked_assets AS tracked
    WHERE tracked.asset_id = ANY (asset_ids) AND tracked.asset_id <> ALL (coalesce(mine, '{}'));
END
$$;
