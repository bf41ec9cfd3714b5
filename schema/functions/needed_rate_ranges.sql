-- needed_rate_ranges(today): the days of exchange rates each currency needs: from a week before the first purchase of
-- anything quoted in it, or of anything in a portfolio shown in it (a rate carries over weekends and holidays, so the
-- first day may rest on an earlier one), to yesterday while held or shown, else to the last trade. USD needs none.
-- Reads: portfolio_positions, assets, portfolios.
CREATE OR REPLACE FUNCTION portfoliod.needed_rate_ranges(today date)
RETURNS TABLE (currency_code text, needed daterange)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT used.currency_code,
           daterange(min(used.first_day) - 7,
                     CASE WHEN bool_or(used.live) THEN today - 1
                          ELSE least(max(used.last_day), today - 1) END, '[]')
    FROM (
        SELECT asset.native_currency::text AS currency_code, min(pos.first_purchase_date) AS first_day,
               max(pos.last_trade_at)::date AS last_day, bool_or(pos.quantity > 0) AS live
        FROM public.portfolio_positions AS pos
        JOIN public.assets AS asset ON asset.id = pos.asset_id
        GROUP BY 1
        UNION ALL
        SELECT portfolio.currency::text, min(pos.first_purchase_date),
               max(pos.last_trade_at)::date, bool_or(pos.quantity > 0)
        FROM public.portfolio_positions AS pos
        JOIN public.portfolios AS portfolio ON portfolio.id = pos.portfolio_id
        WHERE portfolio.currency IS NOT NULL
        GROUP BY 1
    ) AS used
    WHERE used.currency_code <> 'USD'
    GROUP BY used.currency_code
    HAVING min(used.first_day) - 7 <= CASE WHEN bool_or(used.live) THEN today - 1
                                           ELSE least(max(used.last_day), today - 1) END;
END;
