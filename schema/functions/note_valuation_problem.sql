-- note_valuation_problem(portfolio, figures, problem): writes down that this portfolio could not be valued ('current' figures or
-- 'snapshots'). One that is gone meanwhile is passed over. Touches: portfoliod.valuation_problems.
CREATE OR REPLACE FUNCTION portfoliod.note_valuation_problem(portfolio integer, figures text, problem text)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    INSERT INTO portfoliod.valuation_problems AS noted (portfolio_id, figures, problem)
    SELECT id, note_valuation_problem.figures, note_valuation_problem.problem FROM public.portfolios WHERE id = portfolio
    ON CONFLICT (portfolio_id, figures) DO UPDATE
    SET problem = excluded.problem, noticed_at = excluded.noticed_at WHERE noted.problem <> excluded.problem;
END;
