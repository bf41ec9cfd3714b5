-- asset_splits: share splits, from a provider or typed in psql. 4 for 1 is numerator 4, denominator 1.
--
-- Transactions stay as typed: a trade with timestamp::date < ex_date is in the shares before the split. Quantity is
-- multiplied by numerator / denominator, the average divided by the same. A change replays every holder's position;
-- a future ex_date takes effect on its day (portfoliod.apply_due_splits).

CREATE TABLE public.asset_splits (
    asset_id    INTEGER NOT NULL REFERENCES public.assets (id) ON DELETE CASCADE,
    ex_date     DATE NOT NULL
        CONSTRAINT asset_splits_date_in_range CHECK (ex_date >= '1900-01-01' AND ex_date < '10000-01-01'),
    -- not integers: some providers write 3 for 2 as 1.5 for 1
    numerator   NUMERIC(18,8) NOT NULL
        CONSTRAINT asset_splits_numerator_positive CHECK (numerator > 0 AND numerator <> 'NaN'),
    denominator NUMERIC(18,8) NOT NULL
        CONSTRAINT asset_splits_denominator_positive CHECK (denominator > 0 AND denominator <> 'NaN'),
    source      VARCHAR(50) DEFAULT 'manual',
    PRIMARY KEY (asset_id, ex_date)
);
