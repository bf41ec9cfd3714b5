-- oversold_lines(portfolio): the positions of which, with the staged trades entered, more is sold than held, each with the line of the first
-- such sale (0: it is not in the file). The commit would refuse the first of them only.
-- Reads portfolio_positions, transactions, asset_splits, pg_temp.transaction_staging.
CREATE OR REPLACE FUNCTION portfoliod.oversold_lines(of_portfolio integer)
RETURNS TABLE (line integer, reason text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT coalesce((SELECT min(staged.line) FROM pg_temp.transaction_staging AS staged
                     WHERE staged.asset_id = held.asset_id AND staged.timestamp = history.oversold
                       AND staged.transaction_type = 'sell'), 0),
           format('%s: %s sold at %s but only %s held', portfoliod.position_label(of_portfolio, held.asset_id),
                  trim_scale(history.oversold_sold), to_char(history.oversold, 'YYYY-MM-DD HH24:MI:SS'),
                  trim_scale(greatest(history.oversold_held, 0)))
    FROM public.portfolio_positions AS held
    CROSS JOIN LATERAL portfoliod.replay_positions(ARRAY[of_portfolio], ARRAY[held.asset_id], ARRAY['-infinity'::timestamp]) AS history
    WHERE held.portfolio_id = of_portfolio AND held.oversold_at IS NOT NULL
    ORDER BY 1, 2;
END
$$;
