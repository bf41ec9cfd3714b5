-- latest_asset_prices: the newest row of asset_prices of each asset that has one.
--
-- Columns and result of SELECT DISTINCT ON (asset_id) * … ORDER BY asset_id, timestamp DESC, which would read every price
-- ever stored. Here each priced asset costs one index probe, newest partition first. price_coverage has a row
-- for every asset a price was ever written for; walking the catalogue instead would probe all partitions in vain
-- for thousands of assets nobody holds. WHERE asset_id = … reaches the outer table and leaves a single probe.
-- Reads portfoliod.price_coverage and asset_prices.

CREATE OR REPLACE VIEW public.latest_asset_prices AS
SELECT p.id, c.asset_id, p.timestamp, p.open, p.high, p.low, p.close, p.volume, p.source, p.is_final
  FROM portfoliod.price_coverage c
 CROSS JOIN LATERAL (SELECT * FROM public.asset_prices p
                      WHERE p.asset_id = c.asset_id ORDER BY p.timestamp DESC LIMIT 1) p;
