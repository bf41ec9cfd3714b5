-- portfoliod.settle_splits(assets): recomputes every position in these assets after their splits changed or came due.
--
-- Marks the holders' caches, writes one outbox row per holder and one per asset from the first purchase of anyone (a split
-- changes the share count of every day before it) and announces prices_updated, since prices are in today's shares too.
-- The history before them is out of date then, see outdate_history.
-- Returns the number of positions. Writes portfolio_positions, portfolio_performance_cache, portfoliod.pending_changes.

CREATE OR REPLACE FUNCTION portfoliod.settle_splits(of_assets int[]) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    holders record;
    asset record;
BEGIN
    SELECT array_agg(p.portfolio_id) AS portfolios, array_agg(p.asset_id) AS assets, array_agg('-infinity'::timestamp) AS since
      INTO holders
      FROM (SELECT portfolio_id, asset_id FROM public.portfolio_positions
             WHERE asset_id = ANY (of_assets) ORDER BY portfolio_id, asset_id) p;
    IF holders.portfolios IS NOT NULL THEN
        PERFORM portfoliod.settle_positions(holders.portfolios, holders.assets, holders.since);
        PERFORM portfoliod.invalidate_cache(k.id) FROM (SELECT DISTINCT unnest(holders.portfolios) AS id ORDER BY id) AS k;
        -- A holder's own row: the split may open or close the position, and then counts and figures change.
        INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date)
        SELECT pos.portfolio_id, pos.asset_id, pos.first_purchase_date
          FROM public.portfolio_positions pos WHERE pos.asset_id = ANY (of_assets)
         ORDER BY pos.portfolio_id, pos.asset_id;
    END IF;
    FOR asset IN SELECT a.id, coalesce(min(p.first_purchase_date), today) AS from_date
                   FROM unnest(of_assets) AS a (id) LEFT JOIN public.portfolio_positions p ON p.asset_id = a.id
                  GROUP BY a.id ORDER BY a.id
    LOOP
        INSERT INTO portfoliod.pending_changes (asset_id, from_date) VALUES (asset.id, asset.from_date);
        PERFORM pg_notify('prices_updated', json_build_object(
            'asset_id', asset.id, 'from', asset.from_date, 'to', today)::text);
    END LOOP;
    PERFORM portfoliod.outdate_history(of_assets);
    RETURN coalesce(cardinality(holders.portfolios), 0);
END $$;
