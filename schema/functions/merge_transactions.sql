-- merge_transactions(portfolio): enters the staged trades, which check_staged_transactions() must have found good. One whose reference
-- the portfolio has already is left as it is there. Returns how many were added, how many were known, and of those the
-- lines that say something else than the portfolio does.
-- Touches: transactions and all its triggers do; reads pg_temp.transaction_staging.
CREATE OR REPLACE FUNCTION portfoliod.merge_transactions(of_portfolio integer)
RETURNS TABLE (added bigint, known bigint, different integer[])
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    SELECT count(*), coalesce(array_agg(staged.line ORDER BY staged.line)
                              FILTER (WHERE (trade.timestamp, trade.transaction_type, trade.asset_id, trade.quantity, trade.price, trade.fee)
                                            IS DISTINCT FROM (staged.timestamp, staged.transaction_type::varchar, staged.asset_id,
                                                              staged.quantity, staged.price, staged.fee)), '{}')
    INTO known, different
    FROM pg_temp.transaction_staging AS staged
    JOIN public.transactions AS trade
        ON trade.portfolio_id = of_portfolio AND trade.external_id = staged.external_id;

    INSERT INTO public.transactions (portfolio_id, asset_id, transaction_type, quantity, price, fee, timestamp, notes, external_id)
    SELECT of_portfolio, staged.asset_id, staged.transaction_type, staged.quantity, staged.price, staged.fee, staged.timestamp,
           staged.notes, staged.external_id
    FROM pg_temp.transaction_staging AS staged
    ORDER BY staged.line
    ON CONFLICT (portfolio_id, external_id) WHERE external_id IS NOT NULL DO NOTHING;
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN NEXT;
END
$$;
