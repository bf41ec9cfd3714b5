-- lock_portfolios(portfolio_ids): locks these portfolios in id order and returns those that still exist. Whoever recomputes figures
-- does so under this lock and reads what they rest on in a later statement: two daemons interleaving then give the
-- result of one.
CREATE OR REPLACE FUNCTION portfoliod.lock_portfolios(portfolio_ids integer[])
RETURNS SETOF integer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT portfolio.id FROM public.portfolios AS portfolio
    WHERE portfolio.id = ANY (portfolio_ids)
    ORDER BY portfolio.id
    FOR NO KEY UPDATE;
END;
