-- portfoliod.record_changes(channel, …): what one statement did to trades, one array entry per portfolio and asset.
--
-- Settles the positions (`since` as in replay_positions), writes one outbox row each from the day of the earliest trade touched,
-- marks the caches and announces each with the lowest id, that earliest time and the number of trades.
-- The arrays are in (portfolio, asset) order, so that two bulk statements meet in the same order and do not deadlock.
-- Writes portfolio_positions, portfoliod.pending_changes and portfolio_performance_cache.

CREATE OR REPLACE FUNCTION portfoliod.record_changes(
    channel text, portfolios int[], assets int[], since timestamp[],
    lowest_ids bigint[], earliest timestamp[], trades bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF portfolios IS NULL THEN
        RETURN;                 -- the statement touched no row, or nothing that a figure depends on
    END IF;
    PERFORM portfoliod.settle_positions(portfolios, assets, since);
    INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date)
    SELECT k.portfolio_id, k.asset_id, k.at::date
      FROM unnest(portfolios, assets, earliest) AS k (portfolio_id, asset_id, at);
    PERFORM portfoliod.invalidate_cache(k.id) FROM (SELECT DISTINCT unnest(portfolios) AS id ORDER BY id) AS k;
    PERFORM portfoliod.announce_trades(channel, k.portfolio_id, k.asset_id, k.id, k.at, k.trades)
       FROM unnest(portfolios, assets, lowest_ids, earliest, trades) AS k (portfolio_id, asset_id, id, at, trades);
END $$;
