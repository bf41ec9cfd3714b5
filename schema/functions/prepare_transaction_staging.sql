-- prepare_transaction_staging(): the session's own temporary table that COPY fills with a statement of trades; check_staged_transactions()
-- finds their assets, merge_transactions() enters them. `line` is the file's.
CREATE OR REPLACE FUNCTION portfoliod.prepare_transaction_staging()
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    CREATE TEMPORARY TABLE transaction_staging (
        line integer, timestamp timestamp, transaction_type text, symbol text, exchange text, quantity numeric(28,12),
        price numeric(28,12), fee numeric(28,12), external_id text, notes text, asset_id integer
    ) ON COMMIT DROP;
END
$$;
