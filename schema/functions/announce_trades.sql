-- portfoliod.announce_trades(channel, portfolio, asset, lowest id, earliest time, trades): notifies that a statement touched trades.
--
-- A NOTIFY only says "look now"; what there is to do stands in the outbox, which the caller has written BEFORE this.
-- A committing NOTIFY holds a cluster-wide lock through the WAL flush and so undoes group commit. Therefore the doorbell:
-- a daemon that is awake anyway holds advisory lock (7001, 1), and the channels of trades, of which there can be thousands a
-- second, then stay silent. Trying the shared lock and letting go at once tells whether it is held. The order
-- (outbox row, then test) is what lets the daemon fall asleep without losing a change: it releases the
-- lock first and then waits for everyone who already has the outbox open.

CREATE OR REPLACE FUNCTION portfoliod.announce_trades(
    channel text, portfolio int, asset int, lowest_id bigint, earliest timestamp, trades bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_lock_shared(7001, 1) THEN
        RETURN;
    END IF;
    -- an IF evaluates a plain expression; PERFORM would run a whole query for it, on every single insert
    IF pg_advisory_unlock_shared(7001, 1) THEN END IF;
    IF pg_notify(channel, json_build_object('transaction_id', lowest_id, 'asset_id', asset, 'timestamp', earliest,
                                            'portfolio_id', portfolio, 'count', trades)::text) IS NULL THEN END IF;
END $$;
