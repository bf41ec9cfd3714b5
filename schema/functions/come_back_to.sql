-- come_back_to(portfolio_ids, asset_ids, since): puts portfolios that could not be recomputed, and assets that could not be recounted, because
-- a transaction in progress held them back into the outbox, unless they are gone. since: the first day whose rates are others
-- now, 'infinity' when none are. Returns how many rows that made.
-- Touches: portfoliod.pending_changes; reads portfolios, assets.
CREATE OR REPLACE FUNCTION portfoliod.come_back_to(portfolio_ids integer[], asset_ids integer[], since date)
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    rows integer;
BEGIN
    INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date, holding_changed)
    SELECT portfolio.id, NULL::integer, since, false
    FROM public.portfolios AS portfolio WHERE portfolio.id = ANY (portfolio_ids)
    UNION ALL
    SELECT NULL, asset.id, (now() AT TIME ZONE 'UTC')::date, true
    FROM public.assets AS asset WHERE asset.id = ANY (asset_ids);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN rows;
END
$$;
