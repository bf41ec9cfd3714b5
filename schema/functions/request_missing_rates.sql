-- request_missing_rates(asset_ids, today, max_attempts): queues one job for each gap in the rates of the currencies in use, by
-- the rules of request_missing_history(). With asset_ids, nothing is looked at unless one of them, or a portfolio that
-- trades one, is in another currency than USD: most trades need no rate. Returns how many were queued.
-- The coverage rows are made and locked in order first, so that two daemons cannot queue the same gap. With asset_ids, currencies that
-- a transaction in progress holds are not waited for, and never those of which a person is retrying a job (may_queue()): the assets go
-- into the outbox, to be looked at again.
-- The table of rates is locked before, in the order of a TRUNCATE of it.
-- Touches: portfoliod.rate_backfill_queue, portfoliod.rate_coverage, portfoliod.pending_changes; reads exchange_rates (locks).
CREATE OR REPLACE FUNCTION portfoliod.request_missing_rates(asset_ids integer[], today date, max_attempts integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    mine varchar(3)[];
    queued integer;
BEGIN
    IF asset_ids IS NOT NULL
       AND NOT EXISTS (SELECT FROM public.assets AS asset
                       WHERE asset.id = ANY (asset_ids) AND asset.native_currency <> 'USD')
       AND NOT EXISTS (SELECT FROM public.portfolio_positions AS pos
                       JOIN public.portfolios AS portfolio ON portfolio.id = pos.portfolio_id
                       WHERE pos.asset_id = ANY (asset_ids) AND portfolio.currency <> 'USD')
    THEN
        RETURN 0;
    END IF;

    LOCK TABLE public.exchange_rates IN ACCESS SHARE MODE;
    INSERT INTO portfoliod.rate_coverage (currency_code)
    SELECT need.currency_code FROM portfoliod.needed_rate_ranges(today) AS need
    ORDER BY 1
    ON CONFLICT (currency_code) DO NOTHING;

    IF asset_ids IS NULL THEN
        mine := ARRAY(SELECT currency_code FROM portfoliod.rate_coverage ORDER BY currency_code FOR NO KEY UPDATE);
    ELSE
        mine := ARRAY(SELECT currency_code FROM portfoliod.rate_coverage ORDER BY currency_code FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    mine := ARRAY(SELECT own.code FROM unnest(mine) AS own (code) WHERE portfoliod.may_queue(own.code));
    IF EXISTS (SELECT currency_code FROM portfoliod.rate_coverage EXCEPT SELECT unnest(mine)) THEN
        PERFORM portfoliod.come_back_to('{}', coalesce(asset_ids, ARRAY(
            SELECT pos.asset_id FROM public.portfolio_positions AS pos
            JOIN public.assets AS asset ON asset.id = pos.asset_id
            JOIN public.portfolios AS portfolio ON portfolio.id = pos.portfolio_id
            WHERE asset.native_currency <> 'USD' OR portfolio.currency <> 'USD' LIMIT 1)), 'infinity');
    END IF;

    INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date, max_attempts)
    SELECT gaps.currency_code, lower(gap), upper(gap) - 1, request_missing_rates.max_attempts
    FROM (
        SELECT need.currency_code,
               datemultirange(need.needed) - coverage.served - coalesce(asked.ranges, '{}') AS missing
        FROM portfoliod.needed_rate_ranges(today) AS need
        JOIN portfoliod.rate_coverage AS coverage ON coverage.currency_code = need.currency_code
        LEFT JOIN LATERAL (
            SELECT range_agg(CASE WHEN job.status = 'failed' AND job.attempts < job.max_attempts
                                  THEN daterange(job.start_date, NULL)
                                  ELSE daterange(job.start_date, job.end_date, '[]')
                             END) AS ranges
            FROM portfoliod.rate_backfill_queue AS job
            WHERE job.currency_code = need.currency_code
              AND (job.status <> 'completed'
                   OR job.completed_at > (now() AT TIME ZONE 'UTC') - interval '12 hours')
        ) AS asked ON true
        WHERE need.currency_code = ANY (mine)
    ) AS gaps
    CROSS JOIN LATERAL unnest(gaps.missing) AS gap
    ORDER BY gaps.currency_code, lower(gap);
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END
$$;
