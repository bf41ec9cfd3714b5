-- portfoliod.quarantine: prices and exchange rates a provider gave and the daemon did not believe (not positive, or a jump beyond 20 times).
--
-- Kept with reason and excerpt for a person to judge; portfoliod.accept(id) admits one as a price, and with it those of its level.
-- A split that explains them releases them by itself (release_quarantine). A rate is of a currency instead of an asset.

CREATE TABLE portfoliod.quarantine (
    id             bigserial PRIMARY KEY,
    asset_id       int REFERENCES public.assets (id) ON DELETE CASCADE,
    price_date     date NOT NULL,
    value          numeric NOT NULL,
    previous_close numeric,
    reason         text NOT NULL,
    source         varchar(50),
    excerpt        text,                        -- the part of the answer it came from
    is_final       boolean NOT NULL DEFAULT true,   -- a finished day's close; false: a quote
    created_at     timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    accepted_at    timestamp,                   -- when it was admitted, by a person or by what is known now
    explained_by   date,                        -- ex_date of the split that released it
    currency_code  varchar(3),                  -- of a rate
    observed_at    timestamp,                   -- of a rate
    CONSTRAINT quarantine_of_asset_or_currency CHECK (num_nonnulls(asset_id, currency_code) = 1),
    -- the same doubtful figure comes with every repeat of the request: one row is enough to judge it
    CONSTRAINT quarantine_once_per_value UNIQUE NULLS NOT DISTINCT (asset_id, currency_code, price_date, source, value)
);

-- A quote comes every few minutes, each a little different: one a day is enough.
CREATE UNIQUE INDEX quarantine_once_per_quoted_day ON portfoliod.quarantine (asset_id, price_date, source) WHERE NOT is_final;
-- So do rates, every hour.
CREATE UNIQUE INDEX quarantine_once_per_rated_day ON portfoliod.quarantine (currency_code, price_date, source) WHERE currency_code IS NOT NULL;
