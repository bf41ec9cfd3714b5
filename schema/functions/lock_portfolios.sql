-- lock_portfolios(portfolio_ids): locks these portfolios, in id order, with their cache rows, and returns those it got. Whoever recomputes
-- figures does so under this lock and reads what they rest on in a later statement: two daemons interleaving then give the
-- result of one. A portfolio that is gone, or that a transaction in progress holds (its trigger marks the cache row), is left
-- out and never waited for: somebody's open psql must not hold up everyone's figures. The caller comes back to it.
CREATE OR REPLACE FUNCTION portfoliod.lock_portfolios(portfolio_ids integer[])
RETURNS SETOF integer
LANGUAGE plpgsql VOLATILE
-- One plan for all calls: made anew for each argument it would cost more than it saves. Keys are looked up in indexes, whatever
-- the tables held when it was made.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
    cached integer[];
BEGIN
    SELECT coalesce(array_agg(locked.id), '{}') INTO cached
    FROM (SELECT portfolio.id FROM public.portfolios AS portfolio
          JOIN public.portfolio_performance_cache AS cache ON cache.portfolio_id = portfolio.id
          WHERE portfolio.id = ANY (portfolio_ids)
          ORDER BY portfolio.id
          FOR NO KEY UPDATE SKIP LOCKED) AS locked;
    IF cardinality(cached) = cardinality(portfolio_ids) THEN
        RETURN QUERY SELECT unnest(cached);
        RETURN;
    END IF;
    -- Those never valued have no cache row yet.
    RETURN QUERY
    SELECT locked.id
    FROM (SELECT portfolio.id FROM public.portfolios AS portfolio
          WHERE portfolio.id = ANY (portfolio_ids)
            AND NOT EXISTS (SELECT FROM public.portfolio_performance_cache AS cache
                            WHERE cache.portfolio_id = portfolio.id)
          ORDER BY portfolio.id
          FOR NO KEY UPDATE SKIP LOCKED) AS locked
    UNION ALL SELECT unnest(cached)
    ORDER BY 1;
END
$$;
