-- portfolio_performance_cache: the current figures of each portfolio; written by the daemon.
--
-- A trade marks the row invalidated (last_updated one hour back) until the daemon has drained the change. status
-- 'stale' is something else: a price or a rate older than a week. A percentage that cannot be told is NULL, never 0.

CREATE TABLE public.portfolio_performance_cache (
    portfolio_id        INTEGER PRIMARY KEY REFERENCES public.portfolios (id) ON DELETE CASCADE,
    current_value_usd   DECIMAL(18,2) NOT NULL CONSTRAINT cache_value_is_number CHECK (current_value_usd <> 'NaN'),
    total_invested_usd  DECIMAL(18,2) NOT NULL CONSTRAINT cache_invested_is_number CHECK (total_invested_usd <> 'NaN'),
    -- (14,4): a coin bought early is beyond 9,999 %
    total_return_pct    DECIMAL(14,4) CONSTRAINT cache_total_return_is_number CHECK (total_return_pct <> 'NaN'),
    day_change_pct      DECIMAL(14,4) CONSTRAINT cache_day_change_is_number CHECK (day_change_pct <> 'NaN'),
    week_change_pct     DECIMAL(14,4) CONSTRAINT cache_week_change_is_number CHECK (week_change_pct <> 'NaN'),
    month_change_pct    DECIMAL(14,4) CONSTRAINT cache_month_change_is_number CHECK (month_change_pct <> 'NaN'),
    year_change_pct     DECIMAL(14,4) CONSTRAINT cache_year_change_is_number CHECK (year_change_pct <> 'NaN'),
    last_updated        TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    status              TEXT CONSTRAINT cache_status_known CHECK (status IN ('incomplete', 'estimated', 'stale', 'final')),
    priced_share_pct    NUMERIC(14,4) CONSTRAINT cache_priced_share_is_number CHECK (priced_share_pct <> 'NaN'),
    realized_gain_usd   DECIMAL(18,2) CONSTRAINT cache_realized_gain_is_number CHECK (realized_gain_usd <> 'NaN'),
    unrealized_gain_usd DECIMAL(18,2) CONSTRAINT cache_unrealized_gain_is_number CHECK (unrealized_gain_usd <> 'NaN'),
    fees_usd            DECIMAL(18,2) CONSTRAINT cache_fees_is_number CHECK (fees_usd <> 'NaN'),
    twr_pct             NUMERIC(14,4) CONSTRAINT cache_twr_is_number CHECK (twr_pct <> 'NaN'),
    xirr_pct            NUMERIC(14,4) CONSTRAINT cache_xirr_is_number CHECK (xirr_pct <> 'NaN')
) WITH (fillfactor = 70);                       -- rewritten after every trade: HOT updates need room in the page
