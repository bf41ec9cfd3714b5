-- claim_backfill(lease, begun, filled): takes the oldest job that may run now (pending or rate limited with its waiting time over, or in
-- progress with an expired lease: its daemon died) and returns it with what a provider must know of the asset. The
-- token is the claim: only its bearer may finish the job.
-- Asset types that are begun (a job of theirs is under way) come after those that are not, and filled ones not at all: a provider that lets
-- its jobs wait must not keep those of another from running.
-- Touches: backfill_queue; reads assets.
CREATE OR REPLACE FUNCTION portfoliod.claim_backfill(lease interval, begun text[], filled text[])
RETURNS TABLE (job_id integer, token uuid, asset_id integer, symbol text, asset_type text, exchange text,
               native_currency text, start_date date, end_date date, attempts integer, max_attempts integer,
               splits_known_since date)
LANGUAGE plpgsql VOLATILE
-- One plan for all calls: making it takes longer than claiming. Keys are looked up in indexes, whatever the tables held when it was made.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH claimed AS (
        UPDATE public.backfill_queue AS job
        SET status = 'in_progress',
            lease_token = gen_random_uuid(),
            lease_until = (clock_timestamp() AT TIME ZONE 'UTC') + lease
        WHERE job.id = (
            SELECT candidate.id
            FROM public.backfill_queue AS candidate
            -- LATERAL with OFFSET: looked up job by job, also by a plan made while there were few assets
            CROSS JOIN LATERAL (SELECT asset.asset_type FROM public.assets AS asset
                                WHERE asset.id = candidate.asset_id OFFSET 0) AS its
            WHERE its.asset_type <> ALL (filled)
              AND ((candidate.status IN ('pending', 'rate_limited')
                    AND (candidate.retry_after IS NULL
                         OR candidate.retry_after <= clock_timestamp() AT TIME ZONE 'UTC'))
                   OR (candidate.status = 'in_progress'
                       AND coalesce(candidate.lease_until, '-infinity') < clock_timestamp() AT TIME ZONE 'UTC'))
            ORDER BY its.asset_type = ANY (begun), candidate.id
            LIMIT 1
            FOR UPDATE OF candidate SKIP LOCKED)
        RETURNING job.*
    )
    SELECT claimed.id, claimed.lease_token, asset.id, asset.symbol::text, asset.asset_type::text,
           coalesce(asset.exchange, '')::text, asset.native_currency::text,
           claimed.start_date, claimed.end_date, coalesce(claimed.attempts, 0), coalesce(claimed.max_attempts, 5),
           portfoliod.splits_known_since(asset.id, (now() AT TIME ZONE 'UTC')::date)
    FROM claimed
    CROSS JOIN LATERAL (SELECT held.* FROM public.assets AS held WHERE held.id = claimed.asset_id OFFSET 0) AS asset;
END
$$;
