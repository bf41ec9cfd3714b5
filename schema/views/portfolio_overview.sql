-- portfolio_overview: one row per portfolio with its figures in USD and in its own currency, for people.
--
-- The figures are those of portfolio_performance_cache (NULL until the daemon has valued the portfolio once); the amounts in the
-- portfolio's own currency are the USD amounts at the latest rate, NULL without one. gain_usd includes what was realized.
-- Reads portfolios, users, portfolio_performance_cache and latest_exchange_rates.

CREATE OR REPLACE VIEW public.portfolio_overview AS
SELECT p.id AS portfolio_id, p.name, u.email AS owner, coalesce(p.currency, 'USD')::varchar(3) AS currency,
       c.current_value_usd AS value_usd, c.total_invested_usd AS invested_usd, g.gain_usd, c.total_return_pct,
       round(c.current_value_usd / r.rate, 2) AS value, round(c.total_invested_usd / r.rate, 2) AS invested,
       round(g.gain_usd / r.rate, 2) AS gain,
       c.status, c.last_updated
  FROM public.portfolios p
  JOIN public.users u ON u.id = p.user_id
  LEFT JOIN public.portfolio_performance_cache c ON c.portfolio_id = p.id
 CROSS JOIN LATERAL (SELECT c.realized_gain_usd + c.unrealized_gain_usd AS gain_usd) g
  LEFT JOIN public.latest_exchange_rates l ON l.currency_code = p.currency
 CROSS JOIN LATERAL (SELECT CASE coalesce(p.currency, 'USD') WHEN 'USD' THEN 1 ELSE l.rate_to_usd END AS rate) r;
