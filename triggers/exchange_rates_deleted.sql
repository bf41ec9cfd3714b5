-- After each DELETE statement on exchange_rates: outbox rows and exchange_rates_updated per currency.

CREATE OR REPLACE TRIGGER exchange_rates_deleted
    AFTER DELETE ON public.exchange_rates REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_rates_changed();
