-- portfoliod.refuse_future_trade(): trigger function, before a row of transactions with a time more than 24 h ahead.
--
-- Most often the year is mistyped, or a local time was taken for UTC twice. A day of grace covers every time zone.
-- The trigger's WHEN holds the test, so that a good row never enters the function. Touches no table.

CREATE OR REPLACE FUNCTION portfoliod.refuse_future_trade() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'timestamp % is in the future; transactions.timestamp is UTC', NEW.timestamp
        USING ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'transactions', COLUMN = 'timestamp',
              CONSTRAINT = 'transactions_not_in_future',
              HINT = format('It is now %s UTC.', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'));
END $$;
