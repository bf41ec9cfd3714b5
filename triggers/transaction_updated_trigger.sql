-- After each UPDATE statement on transactions: replays the positions concerned, transaction_updated. Without a column list, which
-- transition tables do not allow: the function compares instead.

CREATE OR REPLACE TRIGGER transaction_updated_trigger
    AFTER UPDATE ON public.transactions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_transaction_changed('transaction_updated');
