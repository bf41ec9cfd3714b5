-- After each UPDATE statement on exchange_rates: outbox rows and exchange_rates_updated per currency.

CREATE OR REPLACE TRIGGER exchange_rates_updated
    AFTER UPDATE ON public.exchange_rates REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_rates_changed();
