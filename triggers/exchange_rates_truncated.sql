-- Before TRUNCATE of exchange_rates: outbox rows and exchange_rates_updated per currency, while they can be read.

CREATE OR REPLACE TRIGGER exchange_rates_truncated
    BEFORE TRUNCATE ON public.exchange_rates
    FOR EACH STATEMENT EXECUTE FUNCTION portfoliod.notify_rates_truncated();
