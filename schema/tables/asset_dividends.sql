-- asset_dividends: cash dividends as a provider reported them. Stored for later; no figure uses them (price returns).

CREATE TABLE public.asset_dividends (
    asset_id INTEGER NOT NULL REFERENCES public.assets (id) ON DELETE CASCADE,
    ex_date  DATE NOT NULL
        CONSTRAINT asset_dividends_date_in_range CHECK (isfinite(ex_date) AND ex_date >= '1900-01-01'),
    amount   NUMERIC(28,12) NOT NULL             -- per share
        CONSTRAINT asset_dividends_amount_not_negative CHECK (amount >= 0 AND amount <> 'NaN'),
    currency VARCHAR(3)                          -- NULL = the asset's native currency
        CONSTRAINT asset_dividends_currency_is_iso_major_unit CHECK (
            currency ~ '^[A-Z]{3}$' AND currency NOT IN ('GBX', 'ILA', 'ZAC', 'USX', 'KWF')),
    source   VARCHAR(50) DEFAULT 'manual',
    PRIMARY KEY (asset_id, ex_date)
);
