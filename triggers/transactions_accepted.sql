-- Each row must be one that figures can be made of; a NULL fee becomes 0.
-- ALWAYS: also what a replica or a restore with session_replication_role = replica writes.

CREATE OR REPLACE TRIGGER transactions_accepted
    BEFORE INSERT OR UPDATE ON public.transactions
    FOR EACH ROW EXECUTE FUNCTION portfoliod.accept_trade();
ALTER TABLE public.transactions ENABLE ALWAYS TRIGGER transactions_accepted;
