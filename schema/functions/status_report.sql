-- status_report(problems_max): what `portfoliod status` shows, as one JSON object of one moment. Times are UTC; *_s are seconds from
-- now: ages, and what is left of a wait. Reads nearly everything, writes nothing.
CREATE OR REPLACE FUNCTION portfoliod.status_report(problems_max integer)
RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH moment AS (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc),
    jobs AS (
        SELECT 'prices' AS queue, job.id, asset.symbol::text AS what, job.start_date, job.end_date, job.status, job.retry_after,
               job.attempts, job.error_message
        FROM public.backfill_queue AS job JOIN public.assets AS asset ON asset.id = job.asset_id
        UNION ALL
        SELECT 'rates', job.id, job.currency_code, job.start_date, job.end_date, job.status, job.retry_after, job.attempts,
               job.error_message
        FROM portfoliod.rate_backfill_queue AS job
    )
    SELECT jsonb_build_object(
        'at', moment.utc,
        'daemons', (SELECT count(*) FROM pg_stat_activity AS session
                    WHERE session.datname = current_database() AND session.application_name = 'portfoliod listener'),
        'assets', (SELECT jsonb_build_object('tracked', count(*) FILTER (WHERE tracked.tracking_users > 0),
                                             'priced', count(latest.asset_id) FILTER (WHERE tracked.tracking_users > 0),
                                             'last_quotes_age_s', extract(epoch FROM moment.utc - max(tracked.last_tracked_at))::bigint)
                   FROM public.tracked_assets AS tracked LEFT JOIN public.latest_asset_prices AS latest USING (asset_id)),
        'portfolios', (SELECT jsonb_build_object('all', count(*), 'final', count(*) FILTER (WHERE cache.status = 'final'),
                                                 'estimated', count(*) FILTER (WHERE cache.status = 'estimated'),
                                                 'stale', count(*) FILTER (WHERE cache.status = 'stale'),
                                                 'incomplete', count(*) FILTER (WHERE cache.status = 'incomplete'))
                       FROM public.portfolios AS portfolio
                       LEFT JOIN public.portfolio_performance_cache AS cache ON cache.portfolio_id = portfolio.id),
        'changes_waiting', (SELECT count(*) FROM portfoliod.pending_changes),
        'queues', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'queue', counted.queue, 'completed', counted.completed, 'pending', counted.pending,
                       'in_progress', counted.in_progress, 'rate_limited', counted.rate_limited, 'failed', counted.failed,
                       'next_try_in_s', counted.next_try_in_s) ORDER BY counted.queue), '[]')
                   FROM (SELECT queue.name AS queue, count(*) FILTER (WHERE jobs.status = 'completed') AS completed,
                                count(*) FILTER (WHERE jobs.status = 'pending') AS pending,
                                count(*) FILTER (WHERE jobs.status = 'in_progress') AS in_progress,
                                count(*) FILTER (WHERE jobs.status = 'rate_limited') AS rate_limited,
                                count(*) FILTER (WHERE jobs.status = 'failed') AS failed,
                                greatest(0, extract(epoch FROM min(jobs.retry_after) FILTER (
                                    WHERE jobs.status IN ('pending', 'rate_limited')) - moment.utc))::bigint AS next_try_in_s
                         FROM unnest(ARRAY['prices', 'rates']) AS queue (name) LEFT JOIN jobs ON jobs.queue = queue.name
                         GROUP BY queue.name, moment.utc) AS counted),
        'under_way', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                          'queue', jobs.queue, 'job_id', jobs.id, 'what', jobs.what, 'from', jobs.start_date, 'to', jobs.end_date)
                          ORDER BY jobs.queue, jobs.id), '[]')
                      FROM jobs WHERE jobs.status = 'in_progress'),
        'providers', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                          'provider', budget.provider, 'window_s', extract(epoch FROM budget.per)::bigint,
                          'limit', budget.most, 'limit_now', budget.most_now, 'used', budget.used, 'left', budget.left_now,
                          'interval_s', round(extract(epoch FROM budget.effective_interval), 3),
                          'free_in_s', extract(epoch FROM budget.free_at - moment.utc)::bigint,
                          'paused_for_s', extract(epoch FROM budget.paused_until - moment.utc)::bigint,
                          'breaker', budget.breaker, 'problem', budget.problem)
                          ORDER BY budget.provider, budget.per), '[]')
                      FROM portfoliod.provider_budgets AS budget),
        'runs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'task', run.task, 'ended_at', run.ended_at, 'age_s', extract(epoch FROM moment.utc - run.ended_at)::bigint,
                     'took_s', round(extract(epoch FROM run.ended_at - run.started_at), 3),
                     'succeeded_at', run.succeeded_at, 'problem', run.problem) ORDER BY run.task), '[]')
                 FROM portfoliod.schedule_runs AS run),
        'quarantined', (SELECT count(*) FROM portfoliod.quarantine AS doubt WHERE doubt.accepted_at IS NULL),
        'problem_count', (SELECT count(*) FROM public.portfolio_problems),
        'problems', (SELECT coalesce(jsonb_agg(to_jsonb(listed)), '[]')
                     FROM (SELECT * FROM public.portfolio_problems ORDER BY kind, symbol, currency_code LIMIT problems_max) AS listed))
    FROM moment;
END;
