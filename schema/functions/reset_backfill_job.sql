-- portfoliod.reset_backfill_job(): trigger function, before a person sets a job of either queue back to pending.
--
-- `UPDATE backfill_queue SET status = 'pending' WHERE id = …` means "try again now, from the start": attempts, waiting time,
-- error, completion and lease go. The daemon's own return to pending gives up its lease with it and keeps them
-- (the trigger's WHEN). The argument names the column that says whose history it is.

CREATE OR REPLACE FUNCTION portfoliod.reset_backfill_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other int;
BEGIN
    PERFORM portfoliod.lock_queueing(to_jsonb(NEW) ->> TG_ARGV[0]);
    -- the exclusion constraint would refuse it too, but without saying which job has the range
    EXECUTE format(
        $q$SELECT id FROM %I.%I WHERE %I = $1.%I AND id <> $1.id AND status IN ('pending', 'in_progress', 'rate_limited')
              AND daterange(start_date, end_date, '[]') && daterange($1.start_date, $1.end_date, '[]') ORDER BY id LIMIT 1$q$,
        TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[0]) INTO other USING NEW;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'range already queued by job %', other
            USING ERRCODE = 'exclusion_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
                  HINT = 'Nothing to do: that job fetches these days.';
    END IF;
    NEW.attempts := 0;
    NEW.retry_after := NULL;
    NEW.error_message := NULL;
    NEW.completed_at := NULL;
    NEW.lease_token := NULL;
    NEW.lease_until := NULL;
    RETURN NEW;
END $$;
