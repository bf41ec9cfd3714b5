-- complete_backfill(job_id, token, served_from, last_row, rows, today): marks the job completed, adds what it served to the
-- asset's coverage and announces backfill_finished. False, and nothing done, when the token is no longer the job's: another
-- daemon has it. served_from: the provider reaches back no further; NULL = it served all. The job is then cut to what was served and the
-- days before are queued as a job of their own: it goes to the next provider of the route, and fails, saying so, when none has them.
-- Touches: backfill_queue, portfoliod.price_coverage, portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.complete_backfill(
    job_id integer, token uuid, served_from date, last_row date, rows integer, today date)
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    done record;
    settled date;
BEGIN
    -- Prices are merged in the same transaction: in the order of a TRUNCATE of them, which locks the coverage after the table.
    LOCK TABLE ONLY public.asset_prices IN ROW EXCLUSIVE MODE;
    UPDATE public.backfill_queue AS job
    SET status = 'completed', completed_at = now() AT TIME ZONE 'UTC', error_message = NULL,
        retry_after = NULL, lease_token = NULL, lease_until = NULL
    WHERE job.id = complete_backfill.job_id AND job.lease_token = token AND job.status = 'in_progress'
    RETURNING job.asset_id, job.max_attempts, daterange(job.start_date, job.end_date, '[]') AS asked INTO done;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF served_from > lower(done.asked) THEN
        UPDATE public.backfill_queue AS job SET start_date = served_from WHERE job.id = complete_backfill.job_id;
        INSERT INTO public.backfill_queue (asset_id, start_date, end_date, max_attempts)
        VALUES (done.asset_id, lower(done.asked), served_from - 1, done.max_attempts);
    END IF;

    settled := portfoliod.settled_until(done.asked, last_row, today);
    IF served_from IS NULL OR served_from <= settled THEN
        INSERT INTO portfoliod.price_coverage AS coverage (asset_id, served)
        VALUES (done.asset_id, datemultirange(done.asked * daterange(served_from, settled, '[]')))
        ON CONFLICT (asset_id) DO UPDATE SET served = coverage.served + excluded.served;
    END IF;
    -- Even when no price changed: history that is no longer pending changes the status of figures.
    INSERT INTO portfoliod.pending_changes (asset_id, from_date, holding_changed)
    VALUES (done.asset_id, lower(done.asked), false);

    PERFORM pg_notify('backfill_finished', json_build_object(
        'job_id', complete_backfill.job_id, 'asset_id', done.asset_id,
        'status', 'completed', 'rows', complete_backfill.rows)::text);
    RETURN true;
END
$$;
