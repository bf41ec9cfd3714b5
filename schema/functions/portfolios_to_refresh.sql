-- portfolios_to_refresh(after, batch_max): the next portfolios, by id, that have figures or something to make figures of. The refresh
-- walks through them in batches, so that memory and locks stay small however many there are.
-- Reads: portfolio_positions, portfolio_performance_cache.
CREATE OR REPLACE FUNCTION portfoliod.portfolios_to_refresh(after integer, batch_max integer)
RETURNS SETOF integer
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT portfolio.id
    FROM public.portfolios AS portfolio
    WHERE portfolio.id > after
      AND (EXISTS (SELECT FROM public.portfolio_positions AS pos WHERE pos.portfolio_id = portfolio.id)
           OR EXISTS (SELECT FROM public.portfolio_performance_cache AS cache
                      WHERE cache.portfolio_id = portfolio.id))
    ORDER BY portfolio.id
    LIMIT batch_max;
END;
