-- outbox_writers(): the transactions of others, prepared ones too, that may have written into the outbox and have not ended, as
-- pg_locks names them. The lock that an INSERT takes on the table stays until its transaction ends. Not by
-- pg_snapshot_xmax(): that is the latest completed id + 1, and says nothing about those in progress.
CREATE OR REPLACE FUNCTION portfoliod.outbox_writers()
RETURNS text[]
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT coalesce(array_agg(DISTINCT lock.virtualtransaction), '{}')
    FROM pg_locks AS lock
    WHERE lock.locktype = 'relation' AND lock.relation = 'portfoliod.pending_changes'::regclass
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND lock.mode = 'RowExclusiveLock' AND lock.pid IS DISTINCT FROM pg_backend_pid();
END;
