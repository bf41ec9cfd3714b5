-- rate_series(currencies, since, until): the last rate of each UTC day from `since` to `until`, with the last one before; by currency and day.
-- pending: the days whose rates are on their way, in every row. One row without a rate for a currency that has none.
-- Reads: exchange_rates, portfoliod.rate_backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.rate_series(currencies text[], since date, until date)
RETURNS TABLE (currency_code text, rate_to_usd numeric, day date, pending datemultirange)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT wanted.code, rate.rate_to_usd, rate.timestamp::date, waiting.days
    FROM unnest(currencies) AS wanted (code)
    CROSS JOIN LATERAL (
        SELECT coalesce(range_agg(daterange(job.start_date, job.end_date, '[]')), '{}') AS days
        FROM portfoliod.rate_backfill_queue AS job
        WHERE job.currency_code = wanted.code AND job.status IN ('pending', 'in_progress', 'rate_limited')) AS waiting
    LEFT JOIN LATERAL (
        SELECT DISTINCT ON (of_day.timestamp::date) of_day.rate_to_usd, of_day.timestamp FROM public.exchange_rates AS of_day
        WHERE of_day.currency_code = wanted.code AND of_day.timestamp < until + 1
          AND of_day.timestamp >= coalesce((SELECT max(before.timestamp) FROM public.exchange_rates AS before
                                            WHERE before.currency_code = wanted.code AND before.timestamp < rate_series.since), '-infinity')
        ORDER BY of_day.timestamp::date DESC, of_day.timestamp DESC) AS rate ON true
    ORDER BY wanted.code, rate.timestamp;
END
$$;
