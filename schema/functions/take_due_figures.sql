-- take_due_figures(portfolios_max): takes the next portfolios, in id order, whose snapshots were computed anew and whose current figures have not been
-- refreshed since. Touches: portfoliod.due_snapshots.
CREATE OR REPLACE FUNCTION portfoliod.take_due_figures(portfolios_max integer)
RETURNS SETOF integer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    WITH taken AS (
        SELECT DISTINCT due.portfolio_id FROM portfoliod.due_snapshots AS due
        WHERE due.from_date = 'infinity' ORDER BY due.portfolio_id LIMIT portfolios_max
    ), gone AS (
        DELETE FROM portfoliod.due_snapshots AS due USING taken
        WHERE due.portfolio_id = taken.portfolio_id AND due.from_date = 'infinity' RETURNING due.portfolio_id
    )
    SELECT DISTINCT portfolio_id FROM gone ORDER BY portfolio_id;
END;
