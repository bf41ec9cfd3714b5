-- figures(): what the daemon's metrics and its status line tell of the tables, as (name, label, part, value); '' where there is no label.
-- Ages are in seconds. Read at most once in a few seconds; no figure of a portfolio's worth is among them.
CREATE OR REPLACE FUNCTION portfoliod.figures()
RETURNS TABLE (name text, label text, part text, value double precision)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT 'outbox', '', '', count(*)::float8 FROM portfoliod.pending_changes
    UNION ALL
    SELECT 'jobs', queue.name, state.status, coalesce(counted.jobs, 0)::float8
    FROM (VALUES ('prices'), ('rates')) AS queue (name)
    CROSS JOIN unnest(ARRAY['pending', 'in_progress', 'rate_limited', 'completed', 'failed']) AS state (status)
    LEFT JOIN (SELECT 'prices' AS queue, job.status::text, count(*) AS jobs FROM public.backfill_queue AS job GROUP BY 2
               UNION ALL
               SELECT 'rates', job.status::text, count(*) FROM portfoliod.rate_backfill_queue AS job GROUP BY 2) AS counted
        ON counted.queue = queue.name AND counted.status = state.status
    UNION ALL
    SELECT 'assets_tracked', '', '', count(*)::float8 FROM public.tracked_assets AS tracked WHERE tracked.tracking_users > 0
    UNION ALL
    SELECT 'quotes_age', '', '', extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - max(tracked.last_tracked_at))::float8
    FROM public.tracked_assets AS tracked WHERE tracked.tracking_users > 0 HAVING max(tracked.last_tracked_at) IS NOT NULL
    UNION ALL
    SELECT 'budget_left', budget.provider, extract(epoch FROM budget.per)::bigint::text, budget.left_now::float8
    FROM portfoliod.provider_budgets AS budget WHERE budget.left_now IS NOT NULL
    UNION ALL
    SELECT 'portfolios', coalesce(cache.status, 'none'), '', count(*)::float8
    FROM public.portfolios AS portfolio LEFT JOIN public.portfolio_performance_cache AS cache ON cache.portfolio_id = portfolio.id
    GROUP BY 2
    UNION ALL
    SELECT 'cache_age', '', '', extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - min(cache.last_updated))::float8
    FROM public.portfolio_performance_cache AS cache HAVING min(cache.last_updated) IS NOT NULL
    UNION ALL
    -- of the portfolio that is furthest behind: from the day before its first trade on, where it has no snapshot
    SELECT 'snapshot_lag', '', '', 86400 * coalesce(max(traded.until - coalesce(
               (SELECT max(snapshot.snapshot_date) FROM public.portfolio_snapshots AS snapshot
                WHERE snapshot.portfolio_id = traded.portfolio_id), traded.since - 1)), 0)::float8
    FROM (SELECT pos.portfolio_id, min(pos.first_purchase_date) AS since, (now() AT TIME ZONE 'UTC')::date - 1 AS until
          FROM public.portfolio_positions AS pos GROUP BY pos.portfolio_id) AS traded
    WHERE traded.since <= traded.until
    UNION ALL
    SELECT 'quarantined', '', '', count(*)::float8 FROM portfoliod.quarantine AS doubt WHERE doubt.accepted_at IS NULL;
END;
