-- exchange_rates: how many USD one unit of a currency is worth at a UTC instant.
--
-- Hourly rows while fresh; rows older than a week are thinned to the last of each UTC day, which is the only
-- one a day's valuation reads.

CREATE TABLE public.exchange_rates (
    id            SERIAL PRIMARY KEY,
    currency_code VARCHAR(3) NOT NULL
        CONSTRAINT exchange_rates_currency_is_iso_major_unit CHECK (
            currency_code ~ '^[A-Z]{3}$' AND currency_code NOT IN ('GBX', 'ILA', 'ZAC', 'USX', 'KWF')),
    -- (28,16): one VND is 0.00003799 USD, eight decimals would keep four digits of it
    rate_to_usd   DECIMAL(28,16) NOT NULL
        CONSTRAINT exchange_rates_rate_positive CHECK (rate_to_usd > 0 AND rate_to_usd <> 'NaN'),
    timestamp     TIMESTAMP NOT NULL
        CONSTRAINT exchange_rates_timestamp_in_range CHECK (timestamp >= '1900-01-01' AND timestamp < '10000-01-01'),
    source        VARCHAR(50) DEFAULT 'manual',
    UNIQUE (currency_code, timestamp),
    -- every figure takes USD = 1 without looking here; a row saying otherwise could only mislead
    CONSTRAINT exchange_rates_usd_is_one CHECK (currency_code <> 'USD' OR rate_to_usd = 1)
);

CREATE INDEX idx_exchange_rates_latest ON public.exchange_rates (currency_code, timestamp DESC);
