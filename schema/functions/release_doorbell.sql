-- release_doorbell(): gives the doorbell back, then names who may have found it held and so told nobody: whoever has written
-- into the outbox and is not done. Everybody who writes later finds it free. The caller must not sleep before those named
-- have ended and the outbox was drained after that.
CREATE OR REPLACE FUNCTION portfoliod.release_doorbell()
RETURNS text[]
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    -- Another session may have held it, which is gone and its lock with it.
    IF portfoliod.holds_doorbell() THEN
        PERFORM pg_advisory_unlock(7001, 1);
    END IF;
    RETURN portfoliod.outbox_writers();
END
$$;
