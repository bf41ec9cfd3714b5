-- lock_queueing(whose): a person who sets a job of this asset (its id as text) or currency back to pending waits for whoever is queueing
-- others of it, and keeps all from it until the transaction ends. Only then overlapping jobs are looked for: two that meet in the
-- constraint alone wait for each other, and one of them ends with "deadlock detected". The daemon does not wait: may_queue().
-- The locks are 64 for all, so that a catalogue's worth of assets does not fill the server's table of locks.
CREATE OR REPLACE FUNCTION portfoliod.lock_queueing(whose text)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT pg_advisory_xact_lock(7004, hashtext(whose) & 63);
END;
