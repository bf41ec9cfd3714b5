-- Before TRUNCATE of transactions (also by TRUNCATE portfolios CASCADE): records whose trades go, while they can be read.

CREATE OR REPLACE TRIGGER transactions_truncated
    BEFORE TRUNCATE ON public.transactions
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_transactions_truncated();
