-- claim_rate_backfill(lease, jobs_max): takes the oldest rate jobs that may run now, by the rules of claim_backfill(), all under
-- one token: one answer often carries many currencies, and then closes all their jobs.
-- Touches: portfoliod.rate_backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.claim_rate_backfill(lease interval, jobs_max integer)
RETURNS TABLE (job_id integer, token uuid, currency_code text, start_date date, end_date date, attempts integer)
LANGUAGE plpgsql VOLATILE
-- As in claim_backfill().
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH claim AS MATERIALIZED (SELECT gen_random_uuid() AS token),
    runnable AS MATERIALIZED (
        SELECT candidate.id
        FROM portfoliod.rate_backfill_queue AS candidate
        WHERE (candidate.status IN ('pending', 'rate_limited')
               AND (candidate.retry_after IS NULL
                    OR candidate.retry_after <= clock_timestamp() AT TIME ZONE 'UTC'))
           OR (candidate.status = 'in_progress'
               AND coalesce(candidate.lease_until, '-infinity') < clock_timestamp() AT TIME ZONE 'UTC')
        ORDER BY candidate.id
        LIMIT jobs_max
        FOR UPDATE SKIP LOCKED
    )
    UPDATE portfoliod.rate_backfill_queue AS job
    SET status = 'in_progress',
        lease_token = claim.token,
        lease_until = (clock_timestamp() AT TIME ZONE 'UTC') + lease
    FROM claim, runnable
    WHERE job.id = runnable.id
    RETURNING job.id, job.lease_token, job.currency_code::text, job.start_date, job.end_date, coalesce(job.attempts, 0);
END
$$;
