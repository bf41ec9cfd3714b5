-- portfoliod.provider_budgets: what is left of each provider's limits, one row for each of its windows (one without any when it
-- has none of a minute or longer): how much is used, when the first of it is free again when nothing is left, the
-- interval at which requests are possible in the long run, and what keeps it from being asked.

CREATE OR REPLACE VIEW portfoliod.provider_budgets AS
SELECT state.provider, make_interval(secs => limits.window_s) AS per, limits.most, limits.most_now,
       used.requests AS used, CASE WHEN limits.most IS NOT NULL THEN greatest(0, limits.most - used.requests) END AS left_now,
       CASE WHEN used.requests >= limits.most THEN used.first_gone END AS free_at,
       make_interval(secs => limits.window_s / limits.most_now::float8) AS effective_interval,
       CASE WHEN state.paused_until > clock_timestamp() AT TIME ZONE 'UTC' THEN state.paused_until END AS paused_until,
       state.pace, state.failures,
       CASE WHEN state.spared_until > clock_timestamp() AT TIME ZONE 'UTC' THEN 'open'
            WHEN state.spared_until IS NOT NULL THEN 'half-open' ELSE 'closed' END AS breaker,
       state.problem, state.noted_at
  FROM portfoliod.provider_state AS state
  LEFT JOIN LATERAL unnest(state.windows_s, state.limits, state.limits_now) AS limits (window_s, most, most_now) ON true
  LEFT JOIN LATERAL (
        SELECT coalesce(sum(usage.requests), 0)::integer AS requests, min(usage.counts_until) AS first_gone
          FROM portfoliod.provider_usage AS usage
         WHERE usage.provider = state.provider AND usage.window_s = limits.window_s
           AND usage.counts_until > clock_timestamp() AT TIME ZONE 'UTC') AS used ON true;
