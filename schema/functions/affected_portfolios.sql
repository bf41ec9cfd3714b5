-- affected_portfolios(asset_ids, currencies): the portfolios whose figures a changed price of these assets or a changed rate of
-- these currencies can move: holders of the asset; for a rate also those who once traded in the currency, because
-- what they invested is counted at the rate of its day.
-- Reads: portfolio_positions, assets.
CREATE OR REPLACE FUNCTION portfoliod.affected_portfolios(asset_ids integer[], currencies text[])
RETURNS SETOF integer
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pos.portfolio_id
    FROM public.portfolio_positions AS pos
    WHERE pos.asset_id = ANY (asset_ids) AND pos.quantity > 0
    UNION
    SELECT pos.portfolio_id
    FROM public.portfolio_positions AS pos
    JOIN public.assets AS asset ON asset.id = pos.asset_id
    WHERE asset.native_currency = ANY (currencies)
    ORDER BY 1;
END;
