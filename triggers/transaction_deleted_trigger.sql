-- After each DELETE statement on transactions, also the one by which a deleted portfolio or user takes its trades along:
-- replays the positions concerned, transaction_deleted.

CREATE OR REPLACE TRIGGER transaction_deleted_trigger
    AFTER DELETE ON public.transactions REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_transaction_changed('transaction_deleted');
