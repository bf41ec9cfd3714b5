-- mark_awaited_snapshots(today): notes the snapshots that rest on history this very transaction has queued: until it comes they are estimated.
-- Returns how many portfolios that made. Touches: portfoliod.due_snapshots; see jobs_just_queued() and mark_snapshots().
CREATE OR REPLACE FUNCTION portfoliod.mark_awaited_snapshots(today date)
RETURNS integer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT portfoliod.mark_snapshots('{}', '{}',
                                     coalesce(array_agg(job.asset_id) FILTER (WHERE job.asset_id IS NOT NULL), '{}'),
                                     coalesce(array_agg(job.start_date) FILTER (WHERE job.asset_id IS NOT NULL), '{}'),
                                     coalesce(array_agg(job.what) FILTER (WHERE job.asset_id IS NULL), '{}'),
                                     coalesce(array_agg(job.start_date) FILTER (WHERE job.asset_id IS NULL), '{}'), mark_awaited_snapshots.today)
    FROM portfoliod.jobs_just_queued(NULL) AS job;
END;
