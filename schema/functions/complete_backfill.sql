-- complete_backfill(job_id, token, served_from, last_row, rows, today): marks the job completed, adds what it served to the
-- asset's coverage and announces backfill_finished. False, and nothing done, when the token is no longer the job's: another
-- daemon has it. served_from: the provider reaches back no further; NULL = it served all. The job is then cut to what was served and the
-- days before are queued as a job of their own: it goes to the next provider of the route, and fails, saying so, when none has them.
-- Days before a split that the provider may not have rescaled yet (unscaled_before) stay missing and outdated.
-- To be called after the answer's rows were merged. Touches: backfill_queue, portfoliod.price_coverage, portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.complete_backfill(
    job_id integer, token uuid, served_from date, last_row date, rows integer, today date)
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    done record;
    unscaled date;
    given daterange;
BEGIN
    UPDATE public.backfill_queue AS job
    SET status = 'completed', completed_at = clock_timestamp() AT TIME ZONE 'UTC', error_message = NULL,
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

    unscaled := portfoliod.unscaled_before(done.asset_id, today);
    given := done.asked * daterange(NULL, portfoliod.settled_until(done.asked, last_row, today), '[]')
             * daterange(greatest(served_from, unscaled), NULL);
    INSERT INTO portfoliod.price_coverage AS coverage (asset_id, served, counted_splits)
    VALUES (done.asset_id, datemultirange(given), portfoliod.splits_in_effect(done.asset_id, today))
    ON CONFLICT (asset_id) DO UPDATE SET served = coverage.served + excluded.served;
    IF unscaled IS NOT NULL THEN
        UPDATE portfoliod.price_coverage AS coverage
        SET served = coverage.served - datemultirange(daterange(NULL, unscaled)),
            outdated = coverage.outdated + datemultirange(daterange(NULL, unscaled))
        WHERE coverage.asset_id = done.asset_id;
    END IF;
    -- Even when no price changed: history that is no longer pending changes the status of figures; so does what is outdated again.
    INSERT INTO portfoliod.pending_changes (asset_id, from_date, holding_changed)
    VALUES (done.asset_id, CASE WHEN unscaled IS NULL THEN lower(done.asked) ELSE '1900-01-01' END, false);

    PERFORM pg_notify('backfill_finished', json_build_object(
        'job_id', complete_backfill.job_id, 'asset_id', done.asset_id,
        'status', 'completed', 'rows', complete_backfill.rows)::text);
    RETURN true;
END
$$;
