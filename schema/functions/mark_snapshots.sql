-- mark_snapshots(portfolios, their_days, assets, asset_days, currencies, currency_days, today): notes from which past day on the snapshots of
-- which portfolios are to be computed anew. The arrays are parallel in pairs: trades of the portfolio changed from that day on; closes or
-- splits of the asset did; rates of the currency did. A price moves those who held the asset on that day or later, a rate
-- also those who traded on it, none of them before their first purchase. Nothing is noted of today, which has no snapshot yet.
-- Returns how many portfolios that made. Touches: portfoliod.due_snapshots; reads portfolio_positions, assets.
CREATE OR REPLACE FUNCTION portfoliod.mark_snapshots(portfolios integer[], their_days date[], priced_assets integer[], asset_days date[],
                                                     currencies text[], currency_days date[], today date)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    marked integer;
BEGIN
    INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date)
    SELECT touched.portfolio_id, min(touched.from_date)
    FROM (SELECT traded.id AS portfolio_id, traded.day AS from_date
          FROM unnest(portfolios, their_days) AS traded (id, day)
          UNION ALL
          SELECT pos.portfolio_id, greatest(pos.first_purchase_date, priced.day)
          FROM unnest(priced_assets, asset_days) AS priced (id, day)
          JOIN public.portfolio_positions AS pos ON pos.asset_id = priced.id
          WHERE pos.quantity > 0 OR pos.last_trade_at::date > priced.day
          UNION ALL
          SELECT pos.portfolio_id, greatest(pos.first_purchase_date, rated.day)
          FROM unnest(currencies, currency_days) AS rated (code, day)
          JOIN public.assets AS asset ON asset.native_currency = rated.code
          JOIN public.portfolio_positions AS pos ON pos.asset_id = asset.id
          WHERE pos.quantity > 0 OR pos.last_trade_at::date >= rated.day) AS touched
    WHERE touched.from_date < today
    GROUP BY touched.portfolio_id;
    GET DIAGNOSTICS marked = ROW_COUNT;
    RETURN marked;
END
$$;
