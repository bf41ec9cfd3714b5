-- splits_of(portfolio_ids, today): the splits, due by today, of every asset these portfolios ever traded, by date.
-- Reads: asset_splits, portfolio_positions.
CREATE OR REPLACE FUNCTION portfoliod.splits_of(portfolio_ids integer[], today date)
RETURNS TABLE (portfolio_id integer, asset_id integer, ex_date date, numerator numeric, denominator numeric)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pos.portfolio_id, split.asset_id, split.ex_date, split.numerator, split.denominator
    FROM public.portfolio_positions AS pos
    JOIN public.asset_splits AS split ON split.asset_id = pos.asset_id AND split.ex_date <= today
    WHERE pos.portfolio_id = ANY (portfolio_ids)
    ORDER BY pos.portfolio_id, split.ex_date, split.asset_id;
END;
