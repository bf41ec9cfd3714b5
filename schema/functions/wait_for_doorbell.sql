-- wait_for_doorbell(longest): waits until nobody holds the doorbell, because its holder slept or died; false when it took longer.
CREATE OR REPLACE FUNCTION portfoliod.wait_for_doorbell(longest interval)
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('lock_timeout', ceil(extract(epoch FROM longest) * 1000)::text, true);
    -- Shared, and given back at once: it must not be taken for a holder itself.
    PERFORM pg_advisory_lock_shared(7001, 1);
    PERFORM pg_advisory_unlock_shared(7001, 1);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
