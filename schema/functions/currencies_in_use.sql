-- currencies_in_use(): the currencies whose latest rate is to be asked for: of held assets and of portfolios; USD is always 1.
-- Reads: portfolio_positions, assets, portfolios.
CREATE OR REPLACE FUNCTION portfoliod.currencies_in_use()
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT asset.native_currency::text
    FROM public.portfolio_positions AS pos
    JOIN public.assets AS asset ON asset.id = pos.asset_id
    WHERE pos.quantity > 0 AND asset.native_currency <> 'USD'
    UNION
    SELECT portfolio.currency::text FROM public.portfolios AS portfolio WHERE portfolio.currency <> 'USD'
    ORDER BY 1;
END;
