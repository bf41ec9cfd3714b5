-- lock_portfolios(portfolio_ids): locks these portfolios, in id order, with their cache rows, and returns those it got. Whoever recomputes
-- figures does so under this lock and reads what they rest on in a later statement: two daemons interleaving then give the
-- result of one. A portfolio that is gone, or that a transaction in progress holds (its trigger marks the cache row), is left
-- out and never waited for: somebody's open psql must not hold up everyone's figures. The caller comes back to it.
CREATE OR REPLACE FUNCTION portfoliod.lock_portfolios(portfolio_ids integer[])
RETURNS SETOF integer
LANGUAGE plpgsql VOLATILE
-- one plan for all calls: made anew for each argument it would cost more than it saves
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    free integer[];
    cached integer[];
BEGIN
    SELECT array_agg(locked.id) INTO free
    FROM (SELECT portfolio.id FROM public.portfolios AS portfolio
          WHERE portfolio.id = ANY (portfolio_ids)
          ORDER BY portfolio.id
          FOR NO KEY UPDATE SKIP LOCKED) AS locked;
    SELECT coalesce(array_agg(locked.portfolio_id), '{}') INTO cached
    FROM (SELECT cache.portfolio_id FROM public.portfolio_performance_cache AS cache
          WHERE cache.portfolio_id = ANY (free)
          ORDER BY cache.portfolio_id
          FOR NO KEY UPDATE SKIP LOCKED) AS locked;
    RETURN QUERY
    SELECT portfolio.id FROM unnest(free) AS portfolio (id)
    WHERE portfolio.id = ANY (cached)
       OR NOT EXISTS (SELECT FROM public.portfolio_performance_cache AS cache
                      WHERE cache.portfolio_id = portfolio.id)
    ORDER BY portfolio.id;
END
$$;
