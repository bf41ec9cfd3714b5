-- note_valuation_problem(portfolio, figures, problem, since): writes down that this portfolio could not be valued ('current' figures or
-- 'snapshots', which are owed from `since` on). One that is gone meanwhile is passed over. Touches: portfoliod.valuation_problems.
CREATE OR REPLACE FUNCTION portfoliod.note_valuation_problem(portfolio integer, figures text, problem text, since date)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    INSERT INTO portfoliod.valuation_problems AS noted (portfolio_id, figures, problem, since)
    SELECT id, note_valuation_problem.figures, note_valuation_problem.problem, note_valuation_problem.since FROM public.portfolios WHERE id = portfolio
    ON CONFLICT (portfolio_id, figures) DO UPDATE
    SET problem = excluded.problem, noticed_at = excluded.noticed_at, since = least(noted.since, excluded.since)
    WHERE noted.problem <> excluded.problem OR excluded.since < noted.since;
END;
