-- verify_ranges(today, before): days of history that are needed by the trades, were never served, and that nobody asks for: no job is open or
-- failed for them, and none was completed within twelve hours. The last week is left out: its days may not have been published yet. Written apart from needed_price_ranges(), which it judges.
-- Reads transactions, portfolio_positions, assets, price_coverage, backfill_queue.
CREATE OR REPLACE FUNCTION portfoliod.verify_ranges(today date, before interval)
RETURNS TABLE (asset_id integer, symbol text, missing datemultirange)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT asset.id, asset.symbol::text, gap.missing
    FROM (SELECT trade.asset_id, min(trade.timestamp) FILTER (WHERE trade.transaction_type = 'buy')::date AS first_buy,
                 max(trade.timestamp)::date AS last_trade
          FROM public.transactions AS trade GROUP BY trade.asset_id) AS traded
    JOIN public.assets AS asset ON asset.id = traded.asset_id AND asset.is_active IS NOT FALSE
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT FROM public.portfolio_positions AS pos
                                 WHERE pos.asset_id = traded.asset_id AND pos.quantity > 0)
                    THEN verify_ranges.today - 7 ELSE least(traded.last_trade, verify_ranges.today - 7) END AS last_day,
               (traded.first_buy - verify_ranges.before)::date AS first_day) AS needed
    CROSS JOIN LATERAL (
        SELECT datemultirange(daterange(needed.first_day, needed.last_day, '[]'))
               - coalesce((SELECT coverage.served FROM portfoliod.price_coverage AS coverage
                           WHERE coverage.asset_id = traded.asset_id), '{}')
               - coalesce((SELECT range_agg(CASE WHEN job.status = 'failed' AND job.attempts < job.max_attempts THEN daterange(job.start_date, NULL)
                                                 ELSE daterange(job.start_date, job.end_date, '[]') END)
                           FROM public.backfill_queue AS job
                           WHERE job.asset_id = traded.asset_id 
                             AND (job.status <> 'completed'
                                  OR job.completed_at > (now() AT TIME ZONE 'UTC') - interval '12 hours')), '{}') AS missing) AS gap
    WHERE needed.first_day <= needed.last_day AND NOT isempty(gap.missing)
    ORDER BY asset.id;
END;
