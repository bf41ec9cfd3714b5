-- portfoliod.position_label(portfolio, asset): 'portfolio 3 "Savings", AAPL', for messages. Reads portfolios and assets.

CREATE OR REPLACE FUNCTION portfoliod.position_label(of_portfolio int, of_asset int) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('portfolio %s "%s", %s', of_portfolio,
                  (SELECT name FROM public.portfolios WHERE id = of_portfolio),
                  (SELECT symbol FROM public.assets WHERE id = of_asset))
$$;
