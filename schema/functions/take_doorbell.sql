-- take_doorbell(): tries to take the doorbell for this session; whether it holds it now. It never waits: a queued
-- exclusive request would already silence the writers. A lock taken twice must be given back twice, so it is not.
CREATE OR REPLACE FUNCTION portfoliod.take_doorbell()
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN portfoliod.holds_doorbell() OR pg_try_advisory_lock(7001, 1);
END
$$;
