-- portfoliod.rate_backfill_queue: ranges of exchange-rate history still to be fetched.
--
-- The same columns, statuses, leases and rules as public.backfill_queue, with a currency in the asset's place.

CREATE TABLE portfoliod.rate_backfill_queue (
    id            SERIAL PRIMARY KEY,
    currency_code varchar(3) NOT NULL
        CONSTRAINT rate_backfill_queue_currency_is_iso_code CHECK (currency_code ~ '^[A-Z]{3}$'),
    start_date    DATE NOT NULL,
    end_date      DATE NOT NULL,                -- inclusive
    status        VARCHAR(20) NOT NULL DEFAULT 'pending'
        CONSTRAINT rate_backfill_queue_status_known
        CHECK (status IN ('pending', 'in_progress', 'rate_limited', 'completed', 'failed')),
    retry_after   TIMESTAMP,
    attempts      INTEGER DEFAULT 0,
    max_attempts  INTEGER DEFAULT 5,
    error_message TEXT,
    created_at    TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    updated_at    TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    completed_at  TIMESTAMP,
    lease_token   UUID,
    lease_until   TIMESTAMP,
    CONSTRAINT rate_backfill_queue_range_in_order CHECK (
        isfinite(start_date) AND isfinite(end_date) AND start_date <= end_date),
    -- Equality of text in a gist index needs an extension. The three letters are read as one number instead (exact, unlike
    -- a hash: the CHECK above admits A-Z only), by built-in functions that every role may execute.
    CONSTRAINT rate_backfill_queue_no_overlapping_open_jobs EXCLUDE USING gist (
        int4range(ascii(currency_code) * 65536 + ascii(substr(currency_code, 2)) * 256 + ascii(substr(currency_code, 3)),
                  ascii(currency_code) * 65536 + ascii(substr(currency_code, 2)) * 256 + ascii(substr(currency_code, 3)),
                  '[]') WITH &&,
        daterange(start_date, end_date, '[]') WITH &&
    ) WHERE (status IN ('pending', 'in_progress', 'rate_limited'))
);

CREATE INDEX idx_rate_backfill_queue_status ON portfoliod.rate_backfill_queue (status, retry_after);
CREATE INDEX idx_rate_backfill_queue_currency ON portfoliod.rate_backfill_queue (currency_code, status);
