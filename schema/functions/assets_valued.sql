-- assets_valued(asset_ids, today): symbol, currency, and the days whose closes are on their way or in shares of before a split, also of one
-- that has come into effect since they were judged.
-- Reads: assets, backfill_queue, portfoliod.price_coverage.
CREATE OR REPLACE FUNCTION portfoliod.assets_valued(asset_ids integer[], today date)
RETURNS TABLE (asset_id integer, symbol text, currency_code text, pending datemultirange)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT asset.id, asset.symbol, asset.native_currency,
           coalesce(coverage.outdated, '{}')
           + CASE WHEN coverage.counted_splits IS DISTINCT FROM portfoliod.splits_in_effect(asset.id, assets_valued.today)
                  THEN coalesce((SELECT datemultirange(daterange(NULL, max(split.ex_date))) FROM public.asset_splits AS split
                                 WHERE split.asset_id = asset.id AND split.ex_date <= assets_valued.today
                                 HAVING max(split.ex_date) IS NOT NULL), '{}')
                  ELSE '{}' END
           + coalesce((SELECT range_agg(daterange(job.start_date, job.end_date, '[]')) FROM public.backfill_queue AS job
                       WHERE job.asset_id = asset.id AND job.status IN ('pending', 'in_progress', 'rate_limited')), '{}')
    FROM public.assets AS asset
    LEFT JOIN portfoliod.price_coverage AS coverage ON coverage.asset_id = asset.id
    WHERE asset.id = ANY (asset_ids);
END;
