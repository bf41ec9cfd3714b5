-- prepare_staging(): the session's own temporary tables that COPY fills and merge_prices() and merge_rates() read; emptied at
-- each commit. Made once per session. No column is so wide that the tables get another one for what does not fit: all of them are emptied at
-- each commit, and a table beside a table has an index, which is built anew.
CREATE OR REPLACE FUNCTION portfoliod.prepare_staging()
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF to_regclass('pg_temp.price_staging') IS NULL THEN
        CREATE TEMPORARY TABLE price_staging (
            asset_id integer NOT NULL,
            price_date date NOT NULL,
            open numeric(28,12), high numeric(28,12), low numeric(28,12), close numeric(28,12) NOT NULL,
            volume bigint,
            source varchar(50) NOT NULL
        ) ON COMMIT DELETE ROWS;
        CREATE TEMPORARY TABLE rate_staging (
            currency_code varchar(10) NOT NULL,
            observed_at timestamp NOT NULL,
            rate_to_usd numeric(28,16) NOT NULL,
            source varchar(50) NOT NULL
        ) ON COMMIT DELETE ROWS;
    END IF;
END
$$;
