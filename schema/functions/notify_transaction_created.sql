-- notify_transaction_created(): trigger function, after each INSERT statement on transactions.
--
-- Positions, outbox row, cache mark and notification, in the user's own database transaction. Reads the transition table
-- new_rows; writes portfolio_positions, portfoliod.pending_changes and portfolio_performance_cache.
--
-- One row later than everything counted is by far the most frequent case and the one whose speed matters: it is folded in by a
-- single UPDATE, without reading another trade. The conditions that make this right are part of that UPDATE, so
-- they hold for the row version it finally locks. All else goes through settle_positions.
-- The statements of the one-row path are static (planned once a session); those over many rows are EXECUTEd, because a
-- plan made when new_rows had one row is quadratic for 100,000.

CREATE OR REPLACE FUNCTION public.notify_transaction_created() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- A plan a session made while the tables were still empty would remain a sequential scan for as long as it lives. The functions
-- called from here carry no settings of their own: they inherit these, and each SET costs its share of every insert.
SET enable_seqscan = off AS $$
DECLARE
    trade record;
    delta numeric;
    folded boolean;
BEGIN
    SELECT t.id, t.portfolio_id, t.asset_id, t.transaction_type, t.quantity, t.price, t.timestamp AS at,
           EXISTS (SELECT FROM new_rows OFFSET 1) AS has_more,
           now() AT TIME ZONE 'UTC' AS utc_now,
           -- read here, so that an already marked cache costs no further statement
           (SELECT c.last_updated > (now() AT TIME ZONE 'UTC') - interval '1 hour'
              FROM public.portfolio_performance_cache c WHERE c.portfolio_id = t.portfolio_id) AS cache_is_fresh
      INTO trade FROM new_rows t LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    IF trade.has_more THEN
        EXECUTE
            $q$SELECT portfoliod.record_changes('transaction_created', array_agg(portfolio_id), array_agg(asset_id),
                          array_agg(earliest), array_agg(lowest_id), array_agg(earliest), array_agg(trades))
                 FROM (SELECT portfolio_id, asset_id, min(timestamp) AS earliest, min(id) AS lowest_id, count(*) AS trades
                         FROM new_rows GROUP BY portfolio_id, asset_id ORDER BY portfolio_id, asset_id) AS touched$q$;
        RETURN NULL;
    END IF;

    delta := CASE trade.transaction_type WHEN 'buy' THEN trade.quantity ELSE -trade.quantity END;
    WITH fold AS (
        UPDATE public.portfolio_positions p
           SET average_buy_price = CASE
                   WHEN delta > 0 THEN portfoliod.divide_rounded(p.quantity * p.average_buy_price + delta * trade.price,
                                                                 p.quantity + delta)
                   WHEN p.quantity + delta = 0 THEN 0
                   ELSE p.average_buy_price END,
               quantity = p.quantity + delta, last_trade_at = trade.at, last_updated = trade.utc_now
         WHERE p.portfolio_id = trade.portfolio_id AND p.asset_id = trade.asset_id
           AND p.last_trade_at < trade.at       -- not <=: the buys of one timestamp are one sum, rounded once
           AND p.oversold_at IS NULL AND p.quantity + delta >= 0 AND p.quantity + delta < 1e16
           AND (p.last_split_on IS NULL OR trade.at::date >= p.last_split_on)
           AND (p.next_split_on IS NULL OR p.next_split_on > trade.utc_now::date)
        RETURNING p.quantity - delta > 0 AND p.quantity > 0 AS held_before_and_after)
    INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date, holding_changed)
    VALUES (trade.portfolio_id, trade.asset_id, trade.at::date,
            (SELECT held_before_and_after FROM fold) IS NOT TRUE)
    RETURNING EXISTS (SELECT FROM fold) INTO folded;
    IF NOT folded THEN
        PERFORM portfoliod.settle_positions(ARRAY[trade.portfolio_id], ARRAY[trade.asset_id], ARRAY[trade.at]);
    END IF;
    IF trade.cache_is_fresh THEN
        IF portfoliod.invalidate_cache(trade.portfolio_id) IS NULL THEN END IF;
    END IF;
    -- an IF evaluates a plain expression; PERFORM would run a whole query for it
    IF portfoliod.announce_trades('transaction_created', trade.portfolio_id, trade.asset_id, trade.id, trade.at, 1) IS NULL THEN END IF;
    RETURN NULL;
END $$;

-- Creating a trigger needs EXECUTE, firing one does not: without this anyone could attach the function to a table of their
-- own and so write positions with the owner's rights.
REVOKE EXECUTE ON FUNCTION public.notify_transaction_created() FROM PUBLIC;
