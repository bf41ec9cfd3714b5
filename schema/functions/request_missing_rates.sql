-- request_missing_rates(asset_ids, today, max_attempts): queues one job for each gap in the rates of the currencies in use, by
-- the rules of request_missing_history(). With asset_ids, nothing is looked at unless one of them, or a portfolio that
-- trades one, is in another currency than USD: most trades need no rate. Returns how many were queued.
-- The coverage rows are made and locked in order first, so that two daemons cannot queue the same gap.
-- Touches: portfoliod.rate_backfill_queue, portfoliod.rate_coverage.
CREATE OR REPLACE FUNCTION portfoliod.request_missing_rates(asset_ids integer[], today date, max_attempts integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
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

    INSERT INTO portfoliod.rate_coverage (currency_code)
    SELECT need.currency_code FROM portfoliod.needed_rate_ranges(today) AS need
    ORDER BY 1
    ON CONFLICT (currency_code) DO NOTHING;

    PERFORM 1 FROM portfoliod.rate_coverage ORDER BY currency_code FOR NO KEY UPDATE;

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
    ) AS gaps
    CROSS JOIN LATERAL unnest(gaps.missing) AS gap
    ORDER BY gaps.currency_code, lower(gap);
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END
$$;
