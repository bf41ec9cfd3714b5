-- needed_price_ranges(asset_ids, today, before): the days of history each of these assets needs: from the first purchase
-- of anyone less `before` (a year, by the seed) to yesterday while anyone holds it, else to the last trade.
-- NULL for asset_ids means every asset ever bought. Assets marked inactive need nothing new.
-- Yesterday is UTC's: by the time it is over, so is the trading day of that date on every exchange.
-- Reads: portfolio_positions, assets.
CREATE OR REPLACE FUNCTION portfoliod.needed_price_ranges(asset_ids integer[], today date, before interval)
RETURNS TABLE (asset_id integer, needed daterange)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT traded.asset_id,
           daterange((traded.first_purchase - before)::date,
                     CASE WHEN traded.held THEN today - 1
                          ELSE least(traded.last_trade, today - 1) END, '[]')
    FROM (
        SELECT pos.asset_id,
               min(pos.first_purchase_date) AS first_purchase,
               max(pos.last_trade_at)::date AS last_trade,
               bool_or(pos.quantity > 0) AS held
        FROM public.portfolio_positions AS pos
        WHERE asset_ids IS NULL OR pos.asset_id = ANY (asset_ids)
        GROUP BY pos.asset_id
    ) AS traded
    JOIN public.assets AS asset ON asset.id = traded.asset_id AND asset.is_active IS NOT FALSE
    WHERE (traded.first_purchase - before)::date
          <= CASE WHEN traded.held THEN today - 1 ELSE least(traded.last_trade, today - 1) END;
END;
