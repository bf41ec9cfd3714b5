-- lock_snapshots(): one transaction at a time, to its end, computes snapshots. Whoever waited asks what day it is afterwards.
CREATE OR REPLACE FUNCTION portfoliod.lock_snapshots()
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT pg_advisory_xact_lock(7001, 4);
END;
