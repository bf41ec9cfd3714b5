-- latest_exchange_rates: the newest row of exchange_rates of each currency.
--
-- Columns and result of SELECT DISTINCT ON (currency_code) * … ORDER BY currency_code, timestamp DESC. PostgreSQL has no skip
-- scan before 18, so the recursion hops through the index from one currency to the next: about 50 probes instead of
-- reading ten years of rates. Reads exchange_rates.

CREATE OR REPLACE VIEW public.latest_exchange_rates AS
WITH RECURSIVE currency AS (
    SELECT (SELECT min(currency_code) FROM public.exchange_rates) AS code
    UNION ALL
    SELECT (SELECT min(r.currency_code) FROM public.exchange_rates r WHERE r.currency_code > c.code)
      FROM currency c WHERE c.code IS NOT NULL
)
SELECT r.id, r.currency_code, r.rate_to_usd, r.timestamp, r.source
  FROM currency c
 CROSS JOIN LATERAL (SELECT * FROM public.exchange_rates r
                      WHERE r.currency_code = c.code ORDER BY r.timestamp DESC LIMIT 1) r;
