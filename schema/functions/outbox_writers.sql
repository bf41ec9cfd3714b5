-- outbox_writers(): the transactions of others, prepared ones too, that may have written into the outbox and have not ended, by the
-- id that stays theirs when they are prepared and when the server is restarted after that; who holds the lock and has written nothing yet goes
-- by its virtual one. The lock that an INSERT takes on the table stays until its transaction ends. Not by
-- pg_snapshot_xmax(): that is the latest completed id + 1, and says nothing about those in progress.
CREATE OR REPLACE FUNCTION portfoliod.outbox_writers()
RETURNS text[]
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    WITH held AS MATERIALIZED (SELECT lock.* FROM pg_locks AS lock)
    SELECT coalesce(array_agg(DISTINCT coalesce(own.id, lock.virtualtransaction)), '{}')
    FROM held AS lock
    LEFT JOIN LATERAL (
        SELECT id.transactionid::text AS id FROM held AS id
        WHERE id.locktype = 'transactionid' AND id.mode = 'ExclusiveLock' AND id.virtualtransaction = lock.virtualtransaction
        ORDER BY age(id.transactionid) DESC LIMIT 1) AS own ON true         -- the oldest: the others are subtransactions'
    WHERE lock.locktype = 'relation' AND lock.relation = 'portfoliod.pending_changes'::regclass
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND lock.mode = 'RowExclusiveLock' AND lock.pid IS DISTINCT FROM pg_backend_pid();
END;
