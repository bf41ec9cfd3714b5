-- lock_judgement(asset): one transaction at a time, to its end, decides which of an asset's prices are believed. Whoever writes both
-- prices and quarantine takes it before either: they are written in both orders, and two would wait for each other.
CREATE OR REPLACE FUNCTION portfoliod.lock_judgement(of_asset integer)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT pg_advisory_xact_lock(7003, of_asset);
END;
