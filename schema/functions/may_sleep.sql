-- may_sleep(): what a daemon that found nothing to do must know before it relies on notifications.
--   empty           nothing is in the outbox, not even what a peer has taken and may yet give back by dying
--   rings           writers notify: nobody holds the doorbell
CREATE OR REPLACE FUNCTION portfoliod.may_sleep(OUT empty boolean, OUT rings boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    -- The bell first: who wrote in silence before it was free is seen by the look at the table or by the bell's next holder.
    rings := pg_try_advisory_lock_shared(7001, 1);
    IF rings THEN
        PERFORM pg_advisory_unlock_shared(7001, 1);
    END IF;
    empty := NOT EXISTS (SELECT FROM portfoliod.pending_changes);
END
$$;
