-- portfoliod.notify_transactions_truncated(): trigger function, before TRUNCATE of transactions.
--
-- Afterwards nobody could tell whose trades they were: records and announces the change of every position while the trades
-- can still be read (a notification leaves at commit anyway). The positions themselves are cleared after
-- the TRUNCATE by clear_positions. Writes portfoliod.pending_changes and portfolio_performance_cache.

CREATE OR REPLACE FUNCTION portfoliod.notify_transactions_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    change record;
BEGIN
    PERFORM portfoliod.refuse_old_snapshot('TRUNCATE of this table');
    FOR change IN
        SELECT portfolio_id, asset_id, min(id) AS lowest_id, min(timestamp) AS earliest, count(*) AS trades
          FROM public.transactions GROUP BY portfolio_id, asset_id ORDER BY portfolio_id, asset_id
    LOOP
        INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date)
        VALUES (change.portfolio_id, change.asset_id, change.earliest::date);
        PERFORM portfoliod.announce_trades('transaction_deleted', change.portfolio_id, change.asset_id, change.lowest_id,
                                           change.earliest, change.trades);
    END LOOP;
    PERFORM portfoliod.invalidate_cache(touched.portfolio_id)
       FROM (SELECT DISTINCT portfolio_id FROM public.transactions ORDER BY portfolio_id) AS touched;
    RETURN NULL;
END $$;
