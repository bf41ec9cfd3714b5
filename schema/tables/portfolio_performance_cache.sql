-- portfolio_performance_cache: the current figures of each portfolio; written by the daemon.
--
-- A trade marks the row invalidated (last_updated one hour back) until the daemon has drained the change. status
-- 'stale' is something else: a price or a rate older than a week. A percentage that cannot be told is NULL, never 0.
-- No CHECKs: every trade marks a row here, and each CHECK is read as text and compiled anew by every statement. The daemon is the only
-- writer, by store_performance, whose JSON knows no NaN.

CREATE TABLE public.portfolio_performance_cache (
    portfolio_id        INTEGER PRIMARY KEY REFERENCES public.portfolios (id) ON DELETE CASCADE,
    current_value_usd   DECIMAL(18,2) NOT NULL,
    total_invested_usd  DECIMAL(18,2) NOT NULL,
    -- (14,4): a coin bought early is beyond 9,999 %
    total_return_pct    DECIMAL(14,4),
    day_change_pct      DECIMAL(14,4),
    week_change_pct     DECIMAL(14,4),
    month_change_pct    DECIMAL(14,4),
    year_change_pct     DECIMAL(14,4),
    last_updated        TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    status              TEXT,                     -- incomplete, estimated, stale or final
    priced_share_pct    NUMERIC(14,4),
    realized_gain_usd   DECIMAL(18,2),
    unrealized_gain_usd DECIMAL(18,2),
    fees_usd            DECIMAL(18,2),
    twr_pct             NUMERIC(14,4),
    xirr_pct            NUMERIC(14,4)
) WITH (fillfactor = 70);                       -- rewritten after every trade: HOT updates need room in the page
