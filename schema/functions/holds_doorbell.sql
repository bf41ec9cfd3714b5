-- holds_doorbell(): whether this session holds the doorbell (see announce_trades()).
CREATE OR REPLACE FUNCTION portfoliod.holds_doorbell()
RETURNS boolean
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM pg_locks AS lock
        WHERE lock.locktype = 'advisory' AND lock.classid = 7001 AND lock.objid = 1 AND lock.objsubid = 2
          AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND lock.mode = 'ExclusiveLock' AND lock.granted AND lock.pid = pg_backend_pid());
END;
