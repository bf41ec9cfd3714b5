-- portfolios_to_refresh(after, batch_max): the next portfolios, by id, that have figures or something to make figures of. The refresh
-- walks through them in batches, so that memory and locks stay small however many there are.
-- One with changes in the outbox is left to the drain, as in take_due_figures().
-- Reads: portfolio_positions, portfolio_performance_cache, portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.portfolios_to_refresh(after integer, batch_max integer)
RETURNS SETOF integer
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH waiting AS MATERIALIZED (
        SELECT DISTINCT change.portfolio_id FROM portfoliod.pending_changes AS change WHERE change.portfolio_id IS NOT NULL
    )
    SELECT portfolio.id
    FROM public.portfolios AS portfolio
    WHERE portfolio.id > after
      AND NOT EXISTS (SELECT FROM waiting WHERE waiting.portfolio_id = portfolio.id)
      AND (EXISTS (SELECT FROM public.portfolio_positions AS pos WHERE pos.portfolio_id = portfolio.id)
           OR EXISTS (SELECT FROM public.portfolio_performance_cache AS cache
                      WHERE cache.portfolio_id = portfolio.id))
    ORDER BY portfolio.id
    LIMIT batch_max;
END;
