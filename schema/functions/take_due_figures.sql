-- take_due_figures(portfolios_max): takes the next portfolios, in id order, whose snapshots were computed anew and whose current figures have not been
-- refreshed since. One with changes in the outbox is left to the drain, which notes first what those changes make due: otherwise
-- a purchase of the past would be a gain for a moment. Touches: portfoliod.due_snapshots; reads portfoliod.pending_changes.
CREATE OR REPLACE FUNCTION portfoliod.take_due_figures(portfolios_max integer)
RETURNS SETOF integer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    WITH waiting AS MATERIALIZED (
        SELECT DISTINCT change.portfolio_id FROM portfoliod.pending_changes AS change WHERE change.portfolio_id IS NOT NULL
    ), taken AS (
        SELECT DISTINCT due.portfolio_id FROM portfoliod.due_snapshots AS due
        WHERE due.from_date = 'infinity' AND NOT EXISTS (SELECT FROM waiting WHERE waiting.portfolio_id = due.portfolio_id)
        ORDER BY due.portfolio_id LIMIT portfolios_max
    ), gone AS (
        DELETE FROM portfoliod.due_snapshots AS due USING taken
        WHERE due.portfolio_id = taken.portfolio_id AND due.from_date = 'infinity' RETURNING due.portfolio_id
    )
    SELECT DISTINCT gone.portfolio_id FROM gone ORDER BY gone.portfolio_id;
END;
