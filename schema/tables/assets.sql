-- assets: the catalogue of everything that can be held (about 10,000 rows, metadata only).
--
-- Prices are fetched once someone holds an asset, never for the whole catalogue. native_currency is the major unit in
-- which its prices, its trades and their fees are written. is_active = false stops quotes and new jobs;
-- history and valuation stay. metadata.price_factor: what a quoted price is multiplied by to be
-- money per unit held (bonds quoted in percent of par: 0.01); set it before the first purchase, it does not change stored prices.

CREATE TABLE public.assets (
    id              SERIAL PRIMARY KEY,
    symbol          VARCHAR(50) NOT NULL,
    name            VARCHAR(255) NOT NULL,
    -- exchange-traded and other funds are 'stock'
    asset_type      VARCHAR(20) NOT NULL
        CONSTRAINT assets_type_known CHECK (asset_type IN ('stock', 'crypto', 'commodity', 'bond')),
    exchange        VARCHAR(50),
    native_currency VARCHAR(3) NOT NULL
        -- Quotes in pence are an exchange's habit, not a currency: the same shares would be worth 100 times as much.
        -- The trigger assets_currency_unit says the same with a hint; this line holds where triggers do not fire.
        CONSTRAINT assets_currency_is_iso_major_unit CHECK (
            native_currency ~ '^[A-Z]{3}$' AND native_currency NOT IN ('GBX', 'ILA', 'ZAC', 'USX', 'KWF')),
    is_active       BOOLEAN DEFAULT true,
    metadata        JSONB
        CONSTRAINT assets_price_factor_is_positive CHECK (
            CASE WHEN jsonb_typeof(metadata -> 'price_factor') = 'number' THEN (metadata ->> 'price_factor')::numeric > 0
                 ELSE metadata -> 'price_factor' IS NULL END),
    created_at      TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    -- NULLS NOT DISTINCT: coins have no exchange, and two rows BTC/NULL would split one holding in two
    CONSTRAINT assets_symbol_exchange_key UNIQUE NULLS NOT DISTINCT (symbol, exchange)
);

CREATE INDEX idx_assets_symbol ON public.assets (symbol);
CREATE INDEX idx_assets_type ON public.assets (asset_type);
CREATE INDEX idx_assets_search ON public.assets USING gin (to_tsvector('english', name || ' ' || symbol));
-- for the prefix step of search_assets: a plain index serves LIKE 'x%' only in the C collation
CREATE INDEX idx_assets_symbol_prefix ON public.assets (upper(symbol) text_pattern_ops);
