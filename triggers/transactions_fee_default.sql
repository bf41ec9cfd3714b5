-- An explicit NULL fee becomes 0. WHEN is evaluated without entering the function, so a row with a fee pays next to nothing.

CREATE OR REPLACE TRIGGER transactions_fee_default
    BEFORE INSERT OR UPDATE ON public.transactions
    FOR EACH ROW WHEN (NEW.fee IS NULL) EXECUTE FUNCTION portfoliod.fill_fee();
