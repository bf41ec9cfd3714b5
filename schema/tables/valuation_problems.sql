-- portfoliod.valuation_problems: which portfolios could not be valued, and why; the row goes when they can be again. portfolio_problems
-- shows them. Written by the daemon.

CREATE TABLE portfoliod.valuation_problems (
    portfolio_id int NOT NULL REFERENCES public.portfolios (id) ON DELETE CASCADE,
    figures      text NOT NULL                  -- which of them were left as they were
        CONSTRAINT valuation_problems_figures_known CHECK (figures IN ('current', 'snapshots')),
    problem      text NOT NULL,
    since        date,                          -- of snapshots: the first day still to be computed; whoever computes later days begins there
    noticed_at   timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    PRIMARY KEY (portfolio_id, figures)
);
