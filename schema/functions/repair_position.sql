-- portfoliod.repair_position(portfolio, asset): replays one position from its trades, whatever its row says now.
--
-- For `portfoliod verify --repair`: what was loaded past the triggers (session_replication_role, logical replication, a restore)
-- leaves positions behind. Writes portfolio_positions and the outbox row from its first trade on. SECURITY DEFINER,
-- because the daemon's role may not write positions by itself.

CREATE OR REPLACE FUNCTION portfoliod.repair_position(of_portfolio int, of_asset int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
BEGIN
    PERFORM portfoliod.settle_positions(ARRAY[of_portfolio], ARRAY[of_asset], ARRAY['-infinity'::timestamp]);
    INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date)
    SELECT of_portfolio, of_asset, coalesce(min(timestamp), now() AT TIME ZONE 'UTC')::date
      FROM public.transactions WHERE portfolio_id = of_portfolio AND asset_id = of_asset;
    PERFORM portfoliod.invalidate_cache(of_portfolio);
END $$;
