-- After each INSERT statement on transactions: positions, outbox, cache mark, transaction_created. Once per statement: a bulk
-- load then settles each position once, and does not flood the bus.

CREATE OR REPLACE TRIGGER transaction_created_trigger
    AFTER INSERT ON public.transactions REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.notify_transaction_created();
