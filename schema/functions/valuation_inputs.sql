-- valuation_inputs(portfolio_ids, today): all that the figures of these portfolios rest on, in one statement and so of one moment: a
-- trade that commits between two statements would show as money invested without value. One row a fact; what the columns a … g hold
-- depends on kind:
--   holding   quantity, last close, its date, whether provisional, whether history is pending, rate, its date
--   trade     buy or sell, time, quantity, price, fee, rate
--   split     ex_date, numerator, denominator: of every asset the portfolio ever traded, due by today
-- Reads: holdings(), trades(), asset_splits, portfolio_positions.
CREATE OR REPLACE FUNCTION portfoliod.valuation_inputs(portfolio_ids integer[], today date)
RETURNS TABLE (kind text, portfolio_id integer, asset_id integer, a text, b text, c text, d text, e text, f text, g text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT 'holding', h.portfolio_id, h.asset_id, h.quantity::text, h.close::text, h.price_date::text,
           CASE WHEN h.provisional THEN 't' ELSE 'f' END, CASE WHEN h.history_pending THEN 't' ELSE 'f' END,
           h.rate_to_usd::text, h.rate_date::text
    FROM portfoliod.holdings(portfolio_ids) AS h
    UNION ALL
    SELECT 'trade', t.portfolio_id, t.asset_id, CASE WHEN t.is_buy THEN 'buy' ELSE 'sell' END, t.traded_at::text,
           t.quantity::text, t.price::text, t.fee::text, t.rate_to_usd::text, NULL
    FROM portfoliod.trades(portfolio_ids) AS t
    UNION ALL
    SELECT 'split', pos.portfolio_id, pos.asset_id, split.ex_date::text, split.numerator::text,
           split.denominator::text, NULL, NULL, NULL, NULL
    FROM public.portfolio_positions AS pos
    JOIN public.asset_splits AS split ON split.asset_id = pos.asset_id AND split.ex_date <= today
    WHERE pos.portfolio_id = ANY (portfolio_ids);
END
$$;
