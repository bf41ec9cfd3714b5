-- open_positions: what is held now, with names and the latest price and rate; one row per portfolio and asset.
--
-- price is NULL where none is stored (the daemon's figures then use the portfolio's own last trade), value_usd is NULL
-- where a price or a rate is missing: a missing rate is never taken for 1.
-- Reads portfolio_positions, portfolios, assets and the two views of latest prices and rates.

CREATE OR REPLACE VIEW public.open_positions AS
SELECT pos.portfolio_id, p.name AS portfolio_name, pos.asset_id, a.symbol, a.name AS asset_name, a.asset_type, a.exchange,
       trim_scale(pos.quantity) AS quantity, trim_scale(pos.average_buy_price) AS average_buy_price,
       a.native_currency AS currency, trim_scale(price.close) AS price, price.timestamp::date AS price_date,
       CASE a.native_currency WHEN 'USD' THEN 1 ELSE trim_scale(rate.rate_to_usd) END AS rate_to_usd,
       round(pos.quantity * price.close * CASE a.native_currency WHEN 'USD' THEN 1 ELSE rate.rate_to_usd END, 2) AS value_usd,
       pos.first_purchase_date, pos.last_trade_at
  FROM public.portfolio_positions pos
  JOIN public.portfolios p ON p.id = pos.portfolio_id
  JOIN public.assets a ON a.id = pos.asset_id
  LEFT JOIN public.latest_asset_prices price ON price.asset_id = pos.asset_id
  LEFT JOIN public.latest_exchange_rates rate ON rate.currency_code = a.native_currency
 WHERE pos.quantity > 0;
