-- store_checkpoints(checkpoints): keeps them, a JSON array of objects with the table's column names. For the holder of the portfolios' locks
-- (valuation_inputs): so no two write the same one at a time.
-- Touches: portfoliod.ledger_checkpoints.
CREATE OR REPLACE FUNCTION portfoliod.store_checkpoints(checkpoints jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    INSERT INTO portfoliod.ledger_checkpoints AS kept
    SELECT new.* FROM jsonb_populate_recordset(NULL::portfoliod.ledger_checkpoints, checkpoints) AS new
    ON CONFLICT (position_id) DO UPDATE
    SET restatements = excluded.restatements, through = excluded.through, held = excluded.held,
        average_cost = excluded.average_cost, average_for = excluded.average_for, cost_known = excluded.cost_known,
        last_trade_price = excluded.last_trade_price, invested = excluded.invested, proceeds = excluded.proceeds,
        fees = excluded.fees, realized = excluded.realized, complete = excluded.complete,
        flows = excluded.flows, recent_days = excluded.recent_days,
        recent_inflow = excluded.recent_inflow, recent_outflow = excluded.recent_outflow;
END
$$;
