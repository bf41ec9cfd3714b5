-- jobs_just_queued(jobs_max): the jobs that this very transaction has queued, of prices (asset_id) and of rates (asset_id NULL), for the
-- journal: they are told by their time of creation, which is the transaction's own.
CREATE OR REPLACE FUNCTION portfoliod.jobs_just_queued(jobs_max integer)
RETURNS TABLE (job_id integer, asset_id integer, what text, start_date date, end_date date)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT job.id, job.asset_id, asset.symbol::text, job.start_date, job.end_date
    FROM public.backfill_queue AS job JOIN public.assets AS asset ON asset.id = job.asset_id
    WHERE job.status = 'pending' AND job.created_at = now() AT TIME ZONE 'UTC'
    UNION ALL
    SELECT job.id, NULL, job.currency_code, job.start_date, job.end_date
    FROM portfoliod.rate_backfill_queue AS job
    WHERE job.status = 'pending' AND job.created_at = now() AT TIME ZONE 'UTC'
    ORDER BY 2, 1
    LIMIT jobs_max;
END;
