-- portfolio_snapshots: the value at the end of each UTC day, written at 00:00 UTC of the next one.
--
-- One row for every day from the first trade's to yesterday, also for days with nothing held (0, []).
-- positions_snapshot: array of {asset_id, symbol, quantity, split_factor, price, price_date, currency, rate, value_usd},
-- decimals as strings. Written by the daemon only.

CREATE TABLE public.portfolio_snapshots (
    id                 BIGSERIAL PRIMARY KEY,
    portfolio_id       INTEGER NOT NULL REFERENCES public.portfolios (id) ON DELETE CASCADE,
    total_value_usd    DECIMAL(18,2) NOT NULL
        CONSTRAINT snapshots_value_is_number CHECK (total_value_usd <> 'NaN'),
    snapshot_date      DATE NOT NULL,
    positions_snapshot JSONB NOT NULL,
    created_at         TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    net_flow_usd       DECIMAL(18,2)            -- bought minus sold on that day, fees included
        CONSTRAINT snapshots_net_flow_is_number CHECK (net_flow_usd <> 'NaN'),
    twr_index          NUMERIC(24,12)           -- time-weighted index since the first trade, chained from the day before
        CONSTRAINT snapshots_twr_index_is_number CHECK (twr_index <> 'NaN'),
    status             TEXT
        CONSTRAINT snapshots_status_known CHECK (status IN ('incomplete', 'estimated', 'stale', 'final')),
    value_exact        NUMERIC                  -- total_value_usd before rounding: what the next day's return starts from; NULL: it lacks a rate
        CONSTRAINT snapshots_value_exact_is_number CHECK (value_exact <> 'NaN'),
    UNIQUE (portfolio_id, snapshot_date)
);

CREATE INDEX idx_snapshots_portfolio_date ON public.portfolio_snapshots (portfolio_id, snapshot_date DESC);
