-- After TRUNCATE of transactions: no trades, no positions.

CREATE OR REPLACE TRIGGER transactions_cleared
    AFTER TRUNCATE ON public.transactions
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.clear_positions();
