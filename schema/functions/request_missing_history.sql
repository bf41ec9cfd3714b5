-- request_missing_history(asset_ids, today, before, max_attempts): queues one job for each gap in the history of these
-- assets (NULL = all): what is needed, less what was served, less what is queued already. Returns how many were queued.
-- A job that failed for good, with attempts left, keeps its range and everything after it from being asked for until someone
-- retries it: a symbol nobody knows would otherwise make a new failed job every midnight. One that used up its attempts keeps its
-- own range only (see revive_failed_jobs()). What was asked for within twelve hours is not asked for again: the last
-- days may not have been published when it was (see settled_until()); unless a new split has made all of it out of date.
-- The tracked_assets rows are locked first, so two daemons cannot queue the same gap; the exclusion constraint on
-- backfill_queue would refuse it anyway. When all are looked at, those that a transaction in progress holds (a price typed in psql) go
-- into the outbox instead, to be looked at when it has ended; so do, always, those of which a person is retrying a job (may_queue()).
-- What a split has put out of date counts as missing, see outdate_history().
-- Touches: backfill_queue, tracked_assets (locks), portfoliod.pending_changes, price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.request_missing_history(
    asset_ids integer[], today date, before interval, max_attempts integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    mine integer[];
    held integer[];
    queued integer;
BEGIN
    IF asset_ids IS NULL THEN
        mine := ARRAY(SELECT tracked.asset_id FROM public.tracked_assets AS tracked
                      ORDER BY tracked.asset_id FOR NO KEY UPDATE SKIP LOCKED);
        held := ARRAY(SELECT tracked.asset_id FROM public.tracked_assets AS tracked EXCEPT SELECT unnest(mine));
        IF held <> '{}' THEN
            PERFORM portfoliod.come_back_to('{}', held, 'infinity');
            asset_ids := mine;
        END IF;
    ELSE
        PERFORM 1 FROM public.tracked_assets AS tracked
        WHERE tracked.asset_id = ANY (asset_ids)
        ORDER BY tracked.asset_id
        FOR NO KEY UPDATE;
    END IF;

    PERFORM portfoliod.outdate_history(asset_ids);
    held := ARRAY(SELECT tracked.asset_id FROM public.tracked_assets AS tracked
                  WHERE (asset_ids IS NULL OR tracked.asset_id = ANY (asset_ids))
                    AND NOT portfoliod.may_queue(tracked.asset_id::text));
    IF held <> '{}' THEN
        PERFORM portfoliod.come_back_to('{}', held, 'infinity');
        asset_ids := ARRAY(SELECT tracked.asset_id FROM public.tracked_assets AS tracked
                           WHERE (asset_ids IS NULL OR tracked.asset_id = ANY (asset_ids)) AND tracked.asset_id <> ALL (held));
    END IF;
    INSERT INTO public.backfill_queue (asset_id, start_date, end_date, max_attempts)
    SELECT gaps.asset_id, lower(gap), upper(gap) - 1, request_missing_history.max_attempts
    FROM (
        SELECT need.asset_id,
               datemultirange(need.needed)
               - coalesce(coverage.served, '{}')
               - coalesce(asked.ranges, '{}') AS missing
        FROM portfoliod.needed_price_ranges(asset_ids, today, before) AS need
        LEFT JOIN portfoliod.price_coverage AS coverage ON coverage.asset_id = need.asset_id
        LEFT JOIN LATERAL (
            SELECT range_agg(CASE WHEN job.status = 'failed' AND job.attempts < job.max_attempts
                                  THEN daterange(job.start_date, NULL)
                                  ELSE daterange(job.start_date, job.end_date, '[]')
                             END) AS ranges
            FROM public.backfill_queue AS job
            WHERE job.asset_id = need.asset_id
              AND (job.status <> 'completed'
                   OR job.completed_at > greatest((now() AT TIME ZONE 'UTC') - interval '12 hours',
                                                  coverage.outdated_at))
        ) AS asked ON true
    ) AS gaps
    CROSS JOIN LATERAL unnest(gaps.missing) AS gap
    ORDER BY gaps.asset_id, lower(gap);
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END
$$;
