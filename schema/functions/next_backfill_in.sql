-- next_backfill_in(): in how many milliseconds the next waiting job of either queue may run (its retry_after, or the end of a lease
-- somebody still holds); NULL when none waits. The worker sleeps no longer than that. By the server's clock, which set
-- those times: the daemon's may differ.
-- Reads: backfill_queue, portfoliod.rate_backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.next_backfill_in()
RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT ceil(extract(epoch FROM min(waiting.at) - (clock_timestamp() AT TIME ZONE 'UTC')) * 1000)::bigint
    FROM (
        SELECT CASE job.status WHEN 'in_progress' THEN coalesce(job.lease_until, now() AT TIME ZONE 'UTC')
                               ELSE coalesce(job.retry_after, now() AT TIME ZONE 'UTC') END AS at
        FROM public.backfill_queue AS job
        WHERE job.status IN ('pending', 'rate_limited', 'in_progress')
        UNION ALL
        SELECT CASE job.status WHEN 'in_progress' THEN coalesce(job.lease_until, now() AT TIME ZONE 'UTC')
                               ELSE coalesce(job.retry_after, now() AT TIME ZONE 'UTC') END
        FROM portfoliod.rate_backfill_queue AS job
        WHERE job.status IN ('pending', 'rate_limited', 'in_progress')
    ) AS waiting;
END;
