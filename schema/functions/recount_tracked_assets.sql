-- recount_tracked_assets(asset_ids): sets tracked_assets.tracking_users to the number of distinct users who hold any of
-- the asset, counted anew from the positions. Never plus or minus one: a count that is derived cannot drift.
-- An asset is tracked from its first position on; at 0 users its row stays (history is kept, live updates stop).
-- The rows are locked in id order before they are counted, in a later statement: two daemons that recount the same
-- asset wait for one another, and the second sees what the first saw and more.
-- Touches: tracked_assets; reads portfolio_positions, portfolios.
CREATE OR REPLACE FUNCTION portfoliod.recount_tracked_assets(asset_ids integer[])
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO public.tracked_assets (asset_id, tracking_users)
    SELECT DISTINCT held.asset_id, 0
    FROM public.portfolio_positions AS held
    WHERE held.asset_id = ANY (asset_ids)
    ORDER BY 1
    ON CONFLICT (asset_id) DO NOTHING;

    PERFORM 1 FROM public.tracked_assets AS tracked
    WHERE tracked.asset_id = ANY (asset_ids)
    ORDER BY tracked.asset_id
    FOR NO KEY UPDATE;

    UPDATE public.tracked_assets AS tracked
    SET tracking_users = counted.users
    FROM (
        SELECT asset.asset_id, count(DISTINCT portfolio.user_id) AS users
        FROM unnest(asset_ids) AS asset (asset_id)
        LEFT JOIN public.portfolio_positions AS held
            ON held.asset_id = asset.asset_id AND held.quantity > 0
        LEFT JOIN public.portfolios AS portfolio ON portfolio.id = held.portfolio_id
        GROUP BY asset.asset_id
    ) AS counted
    WHERE tracked.asset_id = counted.asset_id AND tracked.tracking_users <> counted.users;
END
$$;
