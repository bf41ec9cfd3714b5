-- asset_prices: one row per asset and trading day, partitioned by year.
--
-- timestamp is a label: the trading date at 00:00:00 in the exchange's own calendar, never converted. A row written by a
-- live quote is provisional (is_final = false): it never counts as coverage, and the day's bar replaces it.
-- source 'manual' (also for a row inserted without one) is never overwritten by a provider.
-- Partitions come from portfoliod.ensure_price_partition(year); installation makes 2000 … next year.
-- For data older than two years only close is kept.

CREATE TABLE public.asset_prices (
    id        BIGSERIAL,
    asset_id  INTEGER NOT NULL REFERENCES public.assets (id),
    timestamp TIMESTAMP NOT NULL
        CONSTRAINT asset_prices_timestamp_in_range CHECK (timestamp >= '1900-01-01' AND timestamp < '10000-01-01'),
    -- (28,12): coins trade below 10^-8, and 'NaN' passes every comparison with >, so it is refused by name
    open      DECIMAL(28,12) CONSTRAINT asset_prices_open_is_number CHECK (open <> 'NaN'),
    high      DECIMAL(28,12) CONSTRAINT asset_prices_high_is_number CHECK (high <> 'NaN'),
    low       DECIMAL(28,12) CONSTRAINT asset_prices_low_is_number CHECK (low <> 'NaN'),
    -- may be negative: crude oil closed at -37.63 on 2020-04-20
    close     DECIMAL(28,12) NOT NULL CONSTRAINT asset_prices_close_is_number CHECK (close <> 'NaN'),
    volume    BIGINT CONSTRAINT asset_prices_volume_not_negative CHECK (volume >= 0),
    source    VARCHAR(50) DEFAULT 'manual',
    is_final  BOOLEAN NOT NULL DEFAULT true,
    PRIMARY KEY (id, timestamp)
) PARTITION BY RANGE (timestamp);

-- UNIQUE, because a day has one price and a repeated fetch must change nothing. An identical second index
-- (idx_asset_prices_latest in the first design) would only be written, never read: this one also answers "latest".
CREATE UNIQUE INDEX idx_asset_prices_asset_time ON public.asset_prices (asset_id, timestamp DESC);
