-- portfolio_problems: everything that needs a person, and what to do about each; empty when all is well.
--
-- kind: failed_job, missing_rate, stale_price, missing_price, quarantine or not_valued. portfolio_id is set where one portfolio alone is
-- concerned, else every holder is. Reads both queues, open positions, latest prices and rates, quarantine.

CREATE OR REPLACE VIEW public.portfolio_problems AS
WITH held AS (
    SELECT DISTINCT a.id AS asset_id, a.symbol, a.native_currency, a.is_active
      FROM public.portfolio_positions p JOIN public.assets a ON a.id = p.asset_id WHERE p.quantity > 0
)
SELECT 'failed_job' AS kind, NULL::int AS portfolio_id, j.asset_id, a.symbol, NULL::varchar(3) AS currency_code,
       format('history %s to %s could not be fetched: %s', j.start_date, j.end_date,
              coalesce(j.error_message, 'no reason given')) AS problem,
       format('mend the cause, then: UPDATE backfill_queue SET status = ''pending'' WHERE id = %s;', j.id) AS what_to_do
  FROM public.backfill_queue j JOIN public.assets a ON a.id = j.asset_id WHERE j.status = 'failed'
UNION ALL
SELECT 'failed_job', NULL, NULL, NULL, j.currency_code,
       format('rates %s to %s could not be fetched: %s', j.start_date, j.end_date, coalesce(j.error_message, 'no reason given')),
       format('mend the cause, then: UPDATE portfoliod.rate_backfill_queue SET status = ''pending'' WHERE id = %s;', j.id)
  FROM portfoliod.rate_backfill_queue j WHERE j.status = 'failed'
UNION ALL
SELECT 'missing_rate', NULL, h.asset_id, h.symbol, h.native_currency,
       format('no exchange rate for %s, the currency of %s', h.native_currency, h.symbol),
       format('configure a provider of rates for %1$s, or: INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) '
              'VALUES (''%1$s'', …, …);', h.native_currency)
  FROM held h
 WHERE h.native_currency <> 'USD'
   AND NOT EXISTS (SELECT FROM public.exchange_rates r WHERE r.currency_code = h.native_currency)
UNION ALL
SELECT 'missing_rate', p.id, NULL, NULL, p.currency,
       format('no exchange rate for %s, the currency of portfolio %s "%s"', p.currency, p.id, p.name),
       'configure a provider of rates for it, or show the portfolio in USD'
  FROM public.portfolios p
 WHERE p.currency <> 'USD' AND NOT EXISTS (SELECT FROM public.exchange_rates r WHERE r.currency_code = p.currency)
UNION ALL
SELECT 'missing_price', NULL, h.asset_id, h.symbol, NULL, format('no price of %s is known', h.symbol),
       'check symbol and exchange of the asset and its jobs in backfill_queue'
  FROM held h LEFT JOIN public.latest_asset_prices l USING (asset_id) WHERE l.asset_id IS NULL
UNION ALL
SELECT 'stale_price', NULL, h.asset_id, h.symbol, NULL,
       format('the latest price of %s is of %s', h.symbol, l.timestamp::date),
       CASE WHEN h.is_active THEN 'check whether it is still traded under this symbol, and its jobs in backfill_queue'
            ELSE 'the asset is switched off (assets.is_active): switch it on, or enter prices by hand' END
  FROM held h JOIN public.latest_asset_prices l USING (asset_id)
 WHERE l.timestamp < (now() AT TIME ZONE 'UTC')::date - 7
UNION ALL
SELECT 'quarantine', NULL, q.asset_id, a.symbol, q.currency_code,
       format('%s%s on %s from %s was not believed: %s', 'rate ' || q.currency_code || ' ', trim_scale(q.value), q.price_date,
              coalesce(q.source, 'unknown'), q.reason),
       format('if it is right: SELECT portfoliod.accept(%s); %sif it is wrong: DELETE FROM portfoliod.quarantine WHERE id = %s;', q.id,
              CASE WHEN q.asset_id IS NOT NULL THEN 'if a split explains it, enter it in asset_splits; ' END, q.id)
  FROM portfoliod.quarantine q LEFT JOIN public.assets a ON a.id = q.asset_id WHERE q.accepted_at IS NULL
UNION ALL
SELECT 'not_valued', v.portfolio_id, NULL, NULL, NULL,
       format('the %s of portfolio %s "%s" could not be computed: %s',
              CASE v.figures WHEN 'current' THEN 'figures' ELSE 'snapshots' END, v.portfolio_id, p.name, v.problem),
       'correct the transaction, price or rate named; the figures follow by themselves'
  FROM portfoliod.valuation_problems v JOIN public.portfolios p ON p.id = v.portfolio_id;
