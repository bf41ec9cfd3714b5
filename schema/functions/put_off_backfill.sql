-- put_off_backfill(queue, job_ids, token, outcome, wait, message): ends a try that brought no rows, for either queue.
--   'rate_limited'  the provider or its budget said "later": waits, and no attempt is used up;
--   'transient'     an attempt is used up; waits and is tried again, at max_attempts it has failed;
--   'unserved'      has failed at once, like a job that used up its attempts: the days are older than any provider serves, newer ones
--                   are not, and tomorrow's configuration may name one that reaches back further;
--   'permanent'     has failed at once, and no attempt is used up: that is how revive_failed_jobs() tells the two failures apart.
-- Returns each job's status now; jobs whose token is no longer this one are left alone and not returned.
-- Touches: backfill_queue or portfoliod.rate_backfill_queue, portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.put_off_backfill(
    queue regclass, job_ids integer[], token uuid, outcome text, wait interval, message text)
RETURNS TABLE (job_id integer, status text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    job record;
BEGIN
    FOR job IN EXECUTE format($q$
        UPDATE %1$s AS job
        SET status = verdict.status,
            attempts = verdict.attempts,
            retry_after = CASE WHEN verdict.status <> 'failed'
                               THEN (clock_timestamp() AT TIME ZONE 'UTC') + $4 END,
            error_message = CASE WHEN verdict.status = 'failed' AND $3 = 'transient'
                                 THEN format('%%s (tried %%s times)', $5, verdict.attempts) ELSE $5 END
                || CASE WHEN verdict.status = 'failed'
                        THEN format('; to try again: UPDATE %1$s SET status = ''pending'' WHERE id = %%s', job.id)
                        ELSE '' END,
            lease_token = NULL, lease_until = NULL
        FROM (
            SELECT mine.id, tried.attempts,
                   CASE WHEN $3 = 'rate_limited' THEN 'rate_limited'
                        WHEN $3 = 'transient' AND tried.attempts < tried.most THEN 'pending'
                        ELSE 'failed' END AS status
            FROM %1$s AS mine
            CROSS JOIN LATERAL (
                SELECT CASE $3 WHEN 'transient' THEN known.attempts + 1
                               WHEN 'unserved' THEN known.most ELSE known.attempts END AS attempts, known.most
                -- The seed lets both be NULL: as if left out.
                FROM (SELECT coalesce(mine.attempts, 0) AS attempts, coalesce(mine.max_attempts, 5) AS most) AS known) AS tried
            WHERE mine.id = ANY ($1) AND mine.lease_token = $2 AND mine.status = 'in_progress'
            FOR NO KEY UPDATE OF mine
        ) AS verdict
        WHERE job.id = verdict.id
        RETURNING job.id, job.start_date, job.status::text AS status, to_jsonb(job) -> 'asset_id' AS asset_id,
                  to_jsonb(job) -> 'currency_code' AS currency_code
        $q$, queue)
        USING job_ids, token, outcome, wait, message
    LOOP
        IF job.status = 'failed' THEN
            -- History that is no longer pending changes the status of figures.
            INSERT INTO portfoliod.pending_changes (asset_id, currency_code, from_date, holding_changed)
            VALUES ((job.asset_id #>> '{}')::integer, job.currency_code #>> '{}', job.start_date, false);
            PERFORM pg_notify('backfill_finished', json_strip_nulls(json_build_object(
                'job_id', job.id, 'asset_id', job.asset_id, 'currency_code', job.currency_code,
                'status', job.status, 'rows', 0))::text);
        END IF;
        job_id := job.id;
        status := job.status;
        RETURN NEXT;
    END LOOP;
END
$$;
