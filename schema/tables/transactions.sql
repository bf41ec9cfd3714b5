-- transactions: the ledger, exactly as typed. Everything else is derived from it.
--
-- price and fee are in the asset's native_currency, major units; quantity is in the shares of its day (splits are applied
-- when reading, see asset_splits). timestamp is UTC: PostgreSQL drops a typed offset silently.
-- What a row must satisfy is checked by accept_trade. Its triggers keep portfolio_positions within the same database transaction.

CREATE TABLE public.transactions (
    id               BIGSERIAL PRIMARY KEY,
    portfolio_id     INTEGER NOT NULL REFERENCES public.portfolios (id) ON DELETE CASCADE,
    asset_id         INTEGER NOT NULL REFERENCES public.assets (id),
    transaction_type VARCHAR(10) NOT NULL,             -- buy, sell
    -- (28,12): a coin's holding can exceed 10^10 units, its price can lie below 10^-8
    quantity         DECIMAL(28,12) NOT NULL,          -- above 0
    price            DECIMAL(28,12) NOT NULL,          -- 0 is a gift, an airdrop, a bonus share
    fee              DECIMAL(28,12) DEFAULT 0,         -- an explicit NULL becomes 0
    timestamp        TIMESTAMP NOT NULL,
    notes            TEXT,
    rate_to_usd      NUMERIC(28,16),                   -- the broker's own rate; overrides the day's
    external_id      TEXT                              -- the broker's reference, so that an import can be repeated
);

CREATE INDEX idx_transactions_portfolio_date ON public.transactions (portfolio_id, timestamp DESC);
-- the replay of one position reads exactly its own trades in order; by the index above it would read the whole portfolio
CREATE INDEX idx_transactions_position ON public.transactions (portfolio_id, asset_id, timestamp);
-- partial: trades typed by hand have no reference and then pay nothing for this index
CREATE UNIQUE INDEX transactions_external_id_key ON public.transactions (portfolio_id, external_id)
    WHERE external_id IS NOT NULL;
