-- portfoliod.due_snapshots: which portfolios' snapshots, and from which day on, are to be computed anew; the earliest of several rows counts.
--
-- from_date 'infinity': the snapshots are right, the current figures that rest on them are still to be refreshed.
-- Written by the drain (a trade, a price, a rate or a split changed what a past day was worth) and at midnight (a day is over), in the
-- transaction that takes the change; deleted in the one that has written the snapshots. No key and no foreign key: whoever
-- writes here never waits, and a portfolio that is gone is passed over.

CREATE TABLE portfoliod.due_snapshots (
    portfolio_id int NOT NULL,
    from_date    date NOT NULL,
    to_date      date NOT NULL DEFAULT 'infinity'   -- later days follow only where they rest on something that changed
) WITH (
    -- a queue, as pending_changes
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_threshold = 1000000
);

-- whether a portfolio's history is behind: asked at each refresh of its figures
CREATE INDEX due_snapshots_portfolio ON portfoliod.due_snapshots (portfolio_id);

-- and whose figures are still to be refreshed, in the order in which they are taken
CREATE INDEX due_snapshots_figures ON portfoliod.due_snapshots (portfolio_id) WHERE from_date = 'infinity';
