-- backfill_queue: ranges of price history still to be fetched. It survives restarts; completed jobs go after a while.
--
-- A worker claims a job with a lease token in a short transaction and may finish it only while the token is its own,
-- so that no transaction is open during HTTP and a dead worker's job is taken over when lease_until has passed.
-- 'rate_limited' waits for retry_after without using up attempts. `UPDATE … SET status = 'pending'` retries a job
-- (backfill_queue_job_reset).

CREATE TABLE public.backfill_queue (
    id            SERIAL PRIMARY KEY,
    asset_id      INTEGER NOT NULL REFERENCES public.assets (id),
    start_date    DATE NOT NULL,
    end_date      DATE NOT NULL,                -- inclusive
    status        VARCHAR(20) NOT NULL DEFAULT 'pending'
        CONSTRAINT backfill_queue_status_known
        CHECK (status IN ('pending', 'in_progress', 'rate_limited', 'completed', 'failed')),
    retry_after   TIMESTAMP,
    attempts      INTEGER DEFAULT 0,            -- tries that failed; throttling does not count
    max_attempts  INTEGER DEFAULT 5,
    error_message TEXT,
    created_at    TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    updated_at    TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    completed_at  TIMESTAMP,
    lease_token   UUID,
    lease_until   TIMESTAMP,
    CONSTRAINT backfill_queue_range_in_order CHECK (
        isfinite(start_date) AND isfinite(end_date) AND start_date <= end_date),
    -- Two open jobs over the same days would fetch them twice and argue about the coverage. A one-number range stands in
    -- for "the same asset", because equality in a gist index needs the btree_gist extension.
    CONSTRAINT backfill_queue_no_overlapping_open_jobs EXCLUDE USING gist (
        int4range(asset_id, asset_id, '[]') WITH &&,
        daterange(start_date, end_date, '[]') WITH &&
    ) WHERE (status IN ('pending', 'in_progress', 'rate_limited'))
);

CREATE INDEX idx_backfill_queue_status ON public.backfill_queue (status, retry_after);
CREATE INDEX idx_backfill_queue_asset ON public.backfill_queue (asset_id, status);
