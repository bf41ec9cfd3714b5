-- portfoliod.price_coverage: for which days each asset's history has been asked for and answered.
--
-- "Served" includes weekends, quarantined days and the time before the asset was listed, all of which must not be
-- asked for again. Provisional quotes are no coverage. A row, with an empty range, exists for every asset that ever
-- had a price written (asset_prices_inserted): latest_asset_prices walks these instead of the catalogue.
--
-- A split changes what a share is, and with it every price before its day: those days are outdated until they are fetched again, and
-- what is valued with them is 'estimated' (outdate_history).

CREATE TABLE portfoliod.price_coverage (
    asset_id int PRIMARY KEY REFERENCES public.assets (id) ON DELETE CASCADE,
    served   datemultirange NOT NULL DEFAULT '{}',
    outdated datemultirange NOT NULL DEFAULT '{}',  -- days whose stored prices may be in shares of before a split
    outdated_at timestamp,                      -- when days were last found to be so, or all prices were truncated
    counted_splits text[],                      -- the splits in effect when that was last judged, see splits_in_effect(); NULL: never yet
    splits_known datemultirange NOT NULL DEFAULT '{}'   -- days asked of a provider that reports splits: there were no others
);
