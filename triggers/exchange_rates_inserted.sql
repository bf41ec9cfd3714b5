-- After each INSERT statement on exchange_rates: outbox rows and exchange_rates_updated per currency.

CREATE OR REPLACE TRIGGER exchange_rates_inserted
    AFTER INSERT ON public.exchange_rates REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_rates_changed();
