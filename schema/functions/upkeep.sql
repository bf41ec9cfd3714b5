-- upkeep(today, keep_completed, close_only_before): the daily housekeeping, safe to repeat. Removes completed backfill jobs after a
-- time; keeps only the close of old bars (seed); thins rates older than a week to the last of each UTC day, which is the only one
-- a past day is valued with; finds prices that were written past the triggers; drops the checkpoints of deleted positions; makes next year's partition.
-- Returns what it removed, for the journal.
-- Touches: backfill_queue, portfoliod.rate_backfill_queue, asset_prices, exchange_rates, portfoliod.price_coverage, portfoliod.ledger_checkpoints.
CREATE OR REPLACE FUNCTION portfoliod.upkeep(today date, keep_completed interval, close_only_before date)
RETURNS TABLE (jobs integer, bars integer, rates integer)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    also integer;
BEGIN
    DELETE FROM public.backfill_queue AS job
    WHERE job.status = 'completed' AND job.completed_at < (now() AT TIME ZONE 'UTC') - keep_completed;
    GET DIAGNOSTICS jobs = ROW_COUNT;
    DELETE FROM portfoliod.rate_backfill_queue AS job
    WHERE job.status = 'completed' AND job.completed_at < (now() AT TIME ZONE 'UTC') - keep_completed;
    GET DIAGNOSTICS also = ROW_COUNT;
    jobs := jobs + also;

    UPDATE public.asset_prices AS price
    SET open = NULL, high = NULL, low = NULL, volume = NULL
    WHERE price.timestamp < close_only_before AND price.source <> 'manual'
      AND (price.open, price.high, price.low, price.volume) IS DISTINCT FROM (NULL, NULL, NULL, NULL);
    GET DIAGNOSTICS bars = ROW_COUNT;

    DELETE FROM public.exchange_rates AS rate
    WHERE rate.timestamp < today - 7 AND rate.source IS DISTINCT FROM 'manual'
      AND EXISTS (SELECT FROM public.exchange_rates AS later
                  WHERE later.currency_code = rate.currency_code
                    AND later.timestamp > rate.timestamp
                    AND later.timestamp < rate.timestamp::date + 1);
    GET DIAGNOSTICS rates = ROW_COUNT;

    -- Prices written straight into a partition fire no trigger of the parent: without this row no view would find them.
    INSERT INTO portfoliod.price_coverage (asset_id)
    SELECT asset.id FROM public.assets AS asset
    WHERE EXISTS (SELECT FROM public.asset_prices AS price WHERE price.asset_id = asset.id)
    ON CONFLICT (asset_id) DO NOTHING;

    DELETE FROM portfoliod.ledger_checkpoints AS checkpoint
    WHERE NOT EXISTS (SELECT FROM public.portfolio_positions AS pos WHERE pos.id = checkpoint.position_id);

    PERFORM portfoliod.ensure_price_partition(extract(year FROM today)::integer + 1);
    RETURN NEXT;
END
$$;
