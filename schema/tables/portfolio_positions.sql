-- portfolio_positions: what each portfolio holds now; kept by the triggers on transactions and asset_splits alone.
--
-- quantity is in today's shares (all splits with ex_date <= today UTC applied), average_buy_price without fees, in the
-- asset's native currency. Closed positions stay with quantity 0 and average 0, so that first_purchase_date is kept.
-- quantity >= 0 cannot be a CHECK: within one transaction a sale may be typed before its purchase. Instead the ledger
-- notes oversold_at, and the deferred trigger positions_not_oversold refuses the commit.

CREATE TABLE public.portfolio_positions (
    id                  SERIAL PRIMARY KEY,
    portfolio_id        INTEGER NOT NULL REFERENCES public.portfolios (id) ON DELETE CASCADE,
    asset_id            INTEGER NOT NULL REFERENCES public.assets (id),
    quantity            DECIMAL(28,12) NOT NULL,
    average_buy_price   DECIMAL(28,12) NOT NULL,
    first_purchase_date DATE NOT NULL,          -- of the first buy ever; stays through closing and reopening
    last_updated        TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),   -- set by the ledger with every change
    last_trade_at       TIMESTAMP,              -- a later trade is folded in O(1), any other one replays the position
    oversold_at         TIMESTAMP,              -- when more was sold than held; never committed
    last_split_on       DATE,                   -- ex_date of the latest split counted in quantity; an older trade replays
    next_split_on       DATE,                   -- ex_date of the first announced split not yet due; a trade from then on replays
    restatements        INTEGER NOT NULL DEFAULT 0,     -- how often it was settled anew instead of folding one later trade
    UNIQUE (portfolio_id, asset_id)
) WITH (fillfactor = 70);                       -- room for HOT updates: no volatile column is indexed

CREATE INDEX idx_positions_portfolio ON public.portfolio_positions (portfolio_id);
-- who holds this asset: for reference counts and splits
CREATE INDEX idx_positions_asset ON public.portfolio_positions (asset_id);
