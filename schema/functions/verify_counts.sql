-- verify_counts(): the assets whose tracking_users is not the number of distinct users who hold them by the positions; none when all are right.
-- Written apart from recount_tracked_assets(), which it judges.
-- Reads tracked_assets, portfolio_positions, portfolios, assets.
CREATE OR REPLACE FUNCTION portfoliod.verify_counts()
RETURNS TABLE (asset_id integer, symbol text, kept integer, counted bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH holders AS (
        SELECT DISTINCT pos.asset_id, portfolio.user_id
        FROM public.portfolio_positions AS pos
        JOIN public.portfolios AS portfolio ON portfolio.id = pos.portfolio_id
        WHERE pos.quantity > 0
    ),
    counted AS (SELECT holders.asset_id, count(*) AS users FROM holders GROUP BY holders.asset_id)
    SELECT asset.id, asset.symbol::text, tracked.tracking_users, coalesce(counted.users, 0)
    FROM public.assets AS asset
    LEFT JOIN public.tracked_assets AS tracked ON tracked.asset_id = asset.id
    LEFT JOIN counted ON counted.asset_id = asset.id
    WHERE coalesce(tracked.tracking_users, 0) <> coalesce(counted.users, 0)
    ORDER BY asset.id;
END;
