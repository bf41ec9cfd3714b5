-- portfoliod.notify_backfill_requested(): trigger function, after a job of either queue is inserted or set back to pending
-- by a person. Announces backfill_requested with job_id and the column named by the argument. Touches no table.

CREATE OR REPLACE FUNCTION portfoliod.notify_backfill_requested() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('backfill_requested',
                      json_build_object('job_id', NEW.id, TG_ARGV[0], to_json(NEW) -> TG_ARGV[0])::text);
    RETURN NULL;
END $$;
