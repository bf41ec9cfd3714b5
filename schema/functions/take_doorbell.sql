-- take_doorbell(): tries to take the doorbell for this session; whether it holds it now. It never waits: a queued
-- exclusive request would already silence the writers. A lock taken twice must be given back twice, so it is not.
-- Announces it when it is newly taken: the other daemons must know that they will hear nothing, and wait for its end.
CREATE OR REPLACE FUNCTION portfoliod.take_doorbell()
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF portfoliod.holds_doorbell() THEN
        RETURN true;
    END IF;
    IF NOT pg_try_advisory_lock(7001, 1) THEN
        RETURN false;
    END IF;
    PERFORM pg_notify('doorbell_taken', '{}');
    RETURN true;
END
$$;
