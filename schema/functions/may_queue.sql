-- may_queue(whose): whether nobody is setting a job of this asset (its id as text) or currency back to pending; nobody does then until
-- this transaction ends. It does not wait for a person's open transaction: the caller comes back to it. See lock_queueing().
CREATE OR REPLACE FUNCTION portfoliod.may_queue(whose text)
RETURNS boolean
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT pg_try_advisory_xact_lock(7004, hashtext(whose) & 63);
END;
