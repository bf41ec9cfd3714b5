-- portfoliod.accept_trade(): trigger function, before each row of transactions; fires whatever session_replication_role says.
-- Touches no table.
--
-- Refuses a row no figure can be made of, as a CHECK would, and says what to do. An explicit NULL fee becomes 0: importers
-- write NULL, and a NULL would swallow every sum it enters. A time more than 24 h ahead is refused: most often the year is
-- mistyped, or a local time was taken for UTC twice; a day of grace covers every time zone.
--
-- Not CHECKs: every INSERT reads each CHECK and each trigger's WHEN from the catalogue as text and compiles it anew, which
-- for these rules was half of what a plain INSERT costs, while a function is kept compiled. It has no search_path of its own,
-- which would cost each row as much again; its types, operators and functions are named in full instead.

CREATE OR REPLACE FUNCTION portfoliod.accept_trade() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    wrong pg_catalog.text;          -- the column
    rule pg_catalog.text;
    message pg_catalog.text;
    hint pg_catalog.text;
BEGIN
    IF NEW.fee IS NULL THEN
        NEW.fee := 0;
    END IF;
    -- One expression for the good row; NULLs are left to NOT NULL.
    IF NEW.quantity OPERATOR(pg_catalog.>) 0 AND NEW.quantity OPERATOR(pg_catalog.<>) 'NaN'
       AND NEW.price OPERATOR(pg_catalog.>=) 0 AND NEW.price OPERATOR(pg_catalog.<>) 'NaN'
       AND NEW.fee OPERATOR(pg_catalog.>=) 0 AND NEW.fee OPERATOR(pg_catalog.<>) 'NaN'
       AND NEW.transaction_type::pg_catalog.text OPERATOR(pg_catalog.=) ANY ('{buy,sell}')
       AND NEW.timestamp OPERATOR(pg_catalog.>=) '1900-01-01'
       AND NEW.timestamp OPERATOR(pg_catalog.-) interval '24 hours' OPERATOR(pg_catalog.<=) (pg_catalog.now() AT TIME ZONE 'UTC')
       AND (NEW.rate_to_usd IS NULL
            OR NEW.rate_to_usd OPERATOR(pg_catalog.>) 0 AND NEW.rate_to_usd OPERATOR(pg_catalog.<>) 'NaN') THEN
        RETURN NEW;
    END IF;

    IF NEW.quantity OPERATOR(pg_catalog.<=) 0 OR NEW.quantity OPERATOR(pg_catalog.=) 'NaN' THEN
        wrong := 'quantity'; rule := 'transactions_quantity_positive';
        message := pg_catalog.format('quantity is %s; it must be above 0', pg_catalog.trim_scale(NEW.quantity));
        hint := 'A sale is transaction_type ''sell'' with a quantity above 0.';
    ELSIF NEW.price OPERATOR(pg_catalog.<) 0 OR NEW.price OPERATOR(pg_catalog.=) 'NaN' THEN
        wrong := 'price'; rule := 'transactions_price_not_negative';
        message := pg_catalog.format('price is %s; it must be 0 or more', pg_catalog.trim_scale(NEW.price));
        hint := 'The price of one unit in the asset''s native currency, without fee; 0 is a gift.';
    ELSIF NEW.fee OPERATOR(pg_catalog.<) 0 OR NEW.fee OPERATOR(pg_catalog.=) 'NaN' THEN
        wrong := 'fee'; rule := 'transactions_fee_not_negative';
        message := pg_catalog.format('fee is %s; it must be 0 or more', pg_catalog.trim_scale(NEW.fee));
        hint := 'What the broker took, in the asset''s native currency.';
    ELSIF NEW.rate_to_usd OPERATOR(pg_catalog.<=) 0 OR NEW.rate_to_usd OPERATOR(pg_catalog.=) 'NaN' THEN
        wrong := 'rate_to_usd'; rule := 'transactions_rate_positive';
        message := pg_catalog.format('rate_to_usd is %s; it must be above 0', pg_catalog.trim_scale(NEW.rate_to_usd));
        hint := 'US dollars for one unit of the asset''s native currency; NULL takes the rate of that day.';
    ELSIF NEW.transaction_type::pg_catalog.text OPERATOR(pg_catalog.<>) ALL ('{buy,sell}') THEN
        wrong := 'transaction_type'; rule := 'transactions_type_known';
        message := pg_catalog.format('transaction_type is "%s"; it must be ''buy'' or ''sell''', NEW.transaction_type);
        hint := 'Splits go into asset_splits.';
    ELSIF NOT pg_catalog.isfinite(NEW.timestamp) OR NEW.timestamp OPERATOR(pg_catalog.<) '1900-01-01' THEN
        wrong := 'timestamp'; rule := 'transactions_timestamp_in_range';
        message := pg_catalog.format('timestamp is %s; it must be a moment since 1900', NEW.timestamp);
        hint := 'Write it as YYYY-MM-DD HH:MM:SS, in UTC.';
    ELSIF NEW.timestamp OPERATOR(pg_catalog.-) interval '24 hours' OPERATOR(pg_catalog.>) (pg_catalog.now() AT TIME ZONE 'UTC') THEN
        wrong := 'timestamp'; rule := 'transactions_not_in_future';
        message := pg_catalog.format('timestamp %s is in the future; transactions.timestamp is UTC', NEW.timestamp);
        hint := pg_catalog.format('It is now %s UTC.',
                                  pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'));
    ELSE
        RETURN NEW;     -- a NULL
    END IF;
    RAISE EXCEPTION USING MESSAGE = message, HINT = hint, ERRCODE = 'check_violation',
        SCHEMA = 'public', TABLE = 'transactions', COLUMN = wrong, CONSTRAINT = rule,
        DETAIL = pg_catalog.format('Portfolio %s, asset %s, %s, %s of %s at %s.', NEW.portfolio_id, NEW.asset_id,
                                   NEW.timestamp, NEW.transaction_type, NEW.quantity, NEW.price);
END $$;
