-- tracked_assets: which assets the daemon follows, and for how many users.
--
-- tracking_users is the number of distinct users holding the asset, always recounted from positions and never
-- stepped up or down, so that it cannot drift. A row stays at 0 users: the history was fetched once and is kept.

CREATE TABLE public.tracked_assets (
    asset_id          INTEGER PRIMARY KEY REFERENCES public.assets (id),
    first_tracked_at  TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),  -- never changes
    last_tracked_at   TIMESTAMP,                -- last attempt at a quote while users > 0
    tracking_users    INTEGER DEFAULT 1
        CONSTRAINT tracked_assets_users_not_negative CHECK (tracking_users >= 0),
    last_price_update TIMESTAMP                 -- last time a price row was written, by whomever
);

CREATE INDEX idx_tracked_assets_active ON public.tracked_assets (last_tracked_at) WHERE tracking_users > 0;
