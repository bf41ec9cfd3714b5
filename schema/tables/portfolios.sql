-- portfolios: a named set of trades of one user. currency is the one for display only; all figures are kept in USD.

CREATE TABLE public.portfolios (
    id         SERIAL PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    name       VARCHAR(255) NOT NULL,
    currency   VARCHAR(3) DEFAULT 'USD'          -- NULL reads as USD
        CONSTRAINT portfolios_currency_is_iso_major_unit CHECK (
            currency ~ '^[A-Z]{3}$' AND currency NOT IN ('GBX', 'ILA', 'ZAC', 'USX', 'KWF')),
    created_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE INDEX idx_portfolios_user ON public.portfolios (user_id);
