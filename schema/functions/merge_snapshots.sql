-- merge_snapshots(portfolio_ids, today): writes the staged days, removes days of these portfolios before their first trade and in the future, and notes that
-- their current figures are to be refreshed. What is as it was stays untouched. Returns a row for each day written: the value and
-- status it had before, NULL for a new one, and the value it has now.
-- For the holder of lock_snapshots() who took them by take_due_snapshots(): nobody else writes or deletes them.
-- Touches: portfolio_snapshots, portfoliod.due_snapshots, portfoliod.valuation_problems; reads pg_temp.snapshot_staging, portfolio_positions.
CREATE OR REPLACE FUNCTION portfoliod.merge_snapshots(portfolio_ids integer[], today date)
RETURNS TABLE (portfolio_id integer, snapshot_date date, old_value numeric, old_status text, new_value numeric)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
BEGIN
    DELETE FROM public.portfolio_snapshots AS kept
    USING unnest(portfolio_ids) AS done (id)
    WHERE kept.portfolio_id = done.id
      AND kept.snapshot_date < coalesce((SELECT min(pos.first_purchase_date) FROM public.portfolio_positions AS pos
                                         WHERE pos.portfolio_id = done.id), 'infinity');
    DELETE FROM public.portfolio_snapshots AS kept
    USING unnest(portfolio_ids) AS done (id)
    WHERE kept.portfolio_id = done.id AND kept.snapshot_date > today;    -- one whose day it is may have been written under another clock

    RETURN QUERY
    WITH written AS (
        INSERT INTO public.portfolio_snapshots AS kept
            (portfolio_id, snapshot_date, total_value_usd, positions_snapshot, net_flow_usd, twr_index, status, value_exact)
        SELECT staged.portfolio_id, staged.snapshot_date, staged.total_value_usd, staged.positions_snapshot, staged.net_flow_usd,
               staged.twr_index, staged.status, staged.value_exact
        FROM pg_temp.snapshot_staging AS staged
        ON CONFLICT ON CONSTRAINT portfolio_snapshots_portfolio_id_snapshot_date_key DO UPDATE
        SET total_value_usd = excluded.total_value_usd, positions_snapshot = excluded.positions_snapshot,
            net_flow_usd = excluded.net_flow_usd, twr_index = excluded.twr_index, status = excluded.status,
            value_exact = excluded.value_exact
        WHERE (kept.total_value_usd, kept.net_flow_usd, kept.twr_index, kept.status, kept.value_exact, kept.positions_snapshot)
              IS DISTINCT FROM
              (excluded.total_value_usd, excluded.net_flow_usd, excluded.twr_index, excluded.status, excluded.value_exact,
               excluded.positions_snapshot)
        RETURNING kept.portfolio_id, kept.snapshot_date, kept.total_value_usd
    )
    -- The statement sees the rows as they were before it.
    SELECT written.portfolio_id, written.snapshot_date, old.total_value_usd, old.status, written.total_value_usd
    FROM written
    LEFT JOIN public.portfolio_snapshots AS old
        ON old.portfolio_id = written.portfolio_id AND old.snapshot_date = written.snapshot_date
    ORDER BY 1, 2;

    INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date) SELECT done.id, 'infinity' FROM unnest(portfolio_ids) AS done (id);
    DELETE FROM portfoliod.valuation_problems AS noted WHERE noted.figures = 'snapshots' AND noted.portfolio_id = ANY (portfolio_ids);
END
$$;
