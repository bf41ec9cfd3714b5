-- complete_rate_backfill(job_id, token, served_from, last_row, rows, today): the twin of complete_backfill() for one currency.
-- Touches: portfoliod.rate_backfill_queue, portfoliod.rate_coverage, portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.complete_rate_backfill(
    job_id integer, token uuid, served_from date, last_row date, rows integer, today date)
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    done record;
    settled date;
BEGIN
    -- as in complete_backfill
    LOCK TABLE public.exchange_rates IN ROW EXCLUSIVE MODE;
    UPDATE portfoliod.rate_backfill_queue AS job
    SET status = 'completed', completed_at = now() AT TIME ZONE 'UTC', error_message = NULL,
        retry_after = NULL, lease_token = NULL, lease_until = NULL
    WHERE job.id = complete_rate_backfill.job_id AND job.lease_token = token AND job.status = 'in_progress'
    RETURNING job.currency_code, job.max_attempts, daterange(job.start_date, job.end_date, '[]') AS asked INTO done;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    IF served_from > lower(done.asked) THEN
        UPDATE portfoliod.rate_backfill_queue AS job SET start_date = served_from
        WHERE job.id = complete_rate_backfill.job_id;
        INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date, max_attempts)
        VALUES (done.currency_code, lower(done.asked), served_from - 1, done.max_attempts);
    END IF;

    settled := portfoliod.settled_until(done.asked, last_row, today);
    IF served_from IS NULL OR served_from <= settled THEN
        INSERT INTO portfoliod.rate_coverage AS coverage (currency_code, served)
        VALUES (done.currency_code, datemultirange(done.asked * daterange(served_from, settled, '[]')))
        ON CONFLICT (currency_code) DO UPDATE SET served = coverage.served + excluded.served;
    END IF;

    -- Even when no rate changed: rates that are no longer pending change the status of figures.
    INSERT INTO portfoliod.pending_changes (currency_code, from_date, holding_changed)
    VALUES (done.currency_code, lower(done.asked), false);
    PERFORM pg_notify('backfill_finished', json_build_object(
        'job_id', complete_rate_backfill.job_id, 'currency_code', done.currency_code,
        'status', 'completed', 'rows', complete_rate_backfill.rows)::text);
    RETURN true;
END
$$;
