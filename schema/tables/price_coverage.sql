-- portfoliod.price_coverage: for which days each asset's history has been asked for and answered.
--
-- "Served" includes weekends, quarantined days and the time before the asset was listed, all of which must not be
-- asked for again. Provisional quotes are no coverage. A row, with an empty range, exists for every asset that ever
-- had a price written (asset_prices_inserted): latest_asset_prices walks these instead of the catalogue.

CREATE TABLE portfoliod.price_coverage (
    asset_id int PRIMARY KEY REFERENCES public.assets (id) ON DELETE CASCADE,
    served   datemultirange NOT NULL DEFAULT '{}',
    outdated_at timestamp                       -- when a new split made all that had been served out of date
);
