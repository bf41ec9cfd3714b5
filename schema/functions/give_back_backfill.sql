-- give_back_backfill(queue, job_ids, token): a daemon that stops returns the jobs it had claimed; they may run at once and no
-- attempt is used up.
-- Touches: backfill_queue or portfoliod.rate_backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.give_back_backfill(queue regclass, job_ids integer[], token uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    EXECUTE format(
        'UPDATE %s SET status = ''pending'', lease_token = NULL, lease_until = NULL
         WHERE id = ANY ($1) AND lease_token = $2 AND status = ''in_progress''', queue)
    USING job_ids, token;
END
$$;
