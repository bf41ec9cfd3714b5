-- revive_failed_jobs(): sets jobs of both queues that used up their attempts twelve hours ago or longer back to pending: what kept them
-- from succeeding (an outage) is usually over by the next day. Jobs that failed for good wait for a person.
-- Touches: backfill_queue, portfoliod.rate_backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.revive_failed_jobs()
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    long_ago constant timestamp := (now() AT TIME ZONE 'UTC') - interval '12 hours';
BEGIN
    UPDATE public.backfill_queue AS job SET status = 'pending'
    WHERE job.status = 'failed' AND job.attempts >= coalesce(job.max_attempts, 5) AND job.updated_at < long_ago
      AND NOT EXISTS (SELECT FROM public.backfill_queue AS open
                      WHERE open.asset_id = job.asset_id AND open.id <> job.id AND open.status <> 'completed'
                        AND daterange(open.start_date, open.end_date, '[]')
                            && daterange(job.start_date, job.end_date, '[]'));
    UPDATE portfoliod.rate_backfill_queue AS job SET status = 'pending'
    WHERE job.status = 'failed' AND job.attempts >= coalesce(job.max_attempts, 5) AND job.updated_at < long_ago
      AND NOT EXISTS (SELECT FROM portfoliod.rate_backfill_queue AS open
                      WHERE open.currency_code = job.currency_code AND open.id <> job.id AND open.status <> 'completed'
                        AND daterange(open.start_date, open.end_date, '[]')
                            && daterange(job.start_date, job.end_date, '[]'));
END
$$;
