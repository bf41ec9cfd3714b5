-- revive_failed_jobs(): sets jobs of both queues that used up their attempts twelve hours ago or longer back to pending: what kept them
-- from succeeding (an outage) is usually over by the next day. Jobs that failed for good wait for a person; one that a person is retrying
-- himself is left to him.
-- Touches: backfill_queue, portfoliod.rate_backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.revive_failed_jobs()
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    long_ago constant timestamp := (now() AT TIME ZONE 'UTC') - interval '12 hours';
BEGIN
    UPDATE public.backfill_queue AS job SET status = 'pending'
    FROM (
        SELECT failed.id FROM public.backfill_queue AS failed
        WHERE failed.status = 'failed' AND failed.attempts >= coalesce(failed.max_attempts, 5) AND failed.updated_at < long_ago
          AND NOT EXISTS (SELECT FROM public.backfill_queue AS open
                          WHERE open.asset_id = failed.asset_id AND open.id <> failed.id AND open.status <> 'completed'
                            AND daterange(open.start_date, open.end_date, '[]')
                                && daterange(failed.start_date, failed.end_date, '[]'))
          AND portfoliod.may_queue(failed.asset_id::text)
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS mine
    WHERE job.id = mine.id;
    UPDATE portfoliod.rate_backfill_queue AS job SET status = 'pending'
    FROM (
        SELECT failed.id FROM portfoliod.rate_backfill_queue AS failed
        WHERE failed.status = 'failed' AND failed.attempts >= coalesce(failed.max_attempts, 5) AND failed.updated_at < long_ago
          AND NOT EXISTS (SELECT FROM portfoliod.rate_backfill_queue AS open
                          WHERE open.currency_code = failed.currency_code AND open.id <> failed.id AND open.status <> 'completed'
                            AND daterange(open.start_date, open.end_date, '[]')
                                && daterange(failed.start_date, failed.end_date, '[]'))
          AND portfoliod.may_queue(failed.currency_code)
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS mine
    WHERE job.id = mine.id;
END
$$;
