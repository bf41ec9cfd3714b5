-- hold_backfill(jobs, tokens): which of the jobs are still their tokens'; nobody takes those over before this transaction ends. What
-- answers brought is stored after it, so that a job that was taken over stores nothing.
-- Touches: backfill_queue (locks).
DROP FUNCTION IF EXISTS portfoliod.hold_backfill(integer, uuid);        -- before several answers were stored at once
CREATE OR REPLACE FUNCTION portfoliod.hold_backfill(jobs integer[], tokens uuid[])
RETURNS SETOF integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    asked record;
BEGIN
    -- In the order of a TRUNCATE of prices, which locks the coverage after the table.
    LOCK TABLE ONLY public.asset_prices IN ROW EXCLUSIVE MODE;
    FOR asked IN SELECT * FROM unnest(jobs, tokens) AS each (job, token) ORDER BY each.job LOOP
        PERFORM FROM public.backfill_queue AS job
        WHERE job.id = asked.job AND job.lease_token = asked.token AND job.status = 'in_progress'
        FOR NO KEY UPDATE;
        IF FOUND THEN
            RETURN NEXT asked.job;
        END IF;
    END LOOP;
END
$$;
