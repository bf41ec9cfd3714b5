-- portfoliod.quarantine: prices a provider gave and the daemon did not believe (not positive, or a jump beyond 20 times).
--
-- Kept with reason and excerpt for a person to judge; portfoliod.accept(id) admits one as a price.

CREATE TABLE portfoliod.quarantine (
    id             bigserial PRIMARY KEY,
    asset_id       int NOT NULL REFERENCES public.assets (id) ON DELETE CASCADE,
    price_date     date NOT NULL,
    value          numeric NOT NULL,
    previous_close numeric,
    reason         text NOT NULL,
    source         varchar(50),
    excerpt        text,                        -- the part of the answer it came from
    created_at     timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    accepted_at    timestamp,
    -- the same doubtful figure comes with every repeat of the request: one row is enough to judge it
    CONSTRAINT quarantine_once_per_value UNIQUE NULLS NOT DISTINCT (asset_id, price_date, source, value)
);
