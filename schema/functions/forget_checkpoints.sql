-- forget_checkpoints(portfolio_ids, currencies, since): forgets the checkpoints of these portfolios that count a trade of the i-th currency
-- on or after the i-th day: its rate is another now. An empty one stands for all of them. For the holder of the portfolios' locks.
-- Touches: portfoliod.ledger_checkpoints; reads portfolio_positions, assets.
CREATE OR REPLACE FUNCTION portfoliod.forget_checkpoints(portfolio_ids integer[], currencies text[], since date[])
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    DELETE FROM portfoliod.ledger_checkpoints AS checkpoint
    USING public.portfolio_positions AS pos, public.assets AS asset,
          unnest(currencies, since) AS restated (currency, since)
    WHERE pos.portfolio_id = ANY (portfolio_ids) AND checkpoint.position_id = pos.id AND asset.id = pos.asset_id
      AND (restated.currency = '' OR restated.currency = asset.native_currency)
      AND checkpoint.through >= restated.since;
END;
