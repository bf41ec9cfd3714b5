-- hold_backfill(job_id, token): whether the job is still the token's; if so, nobody takes it over before this transaction ends. What an
-- answer brought is stored after it, so that a job that was taken over stores nothing.
-- Touches: backfill_queue (locks).
CREATE OR REPLACE FUNCTION portfoliod.hold_backfill(job_id integer, token uuid)
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    -- In the order of a TRUNCATE of prices, which locks the coverage after the table.
    LOCK TABLE ONLY public.asset_prices IN ROW EXCLUSIVE MODE;
    PERFORM FROM public.backfill_queue AS job
    WHERE job.id = hold_backfill.job_id AND job.lease_token = token AND job.status = 'in_progress'
    FOR NO KEY UPDATE;
    RETURN FOUND;
END
$$;
