-- portfoliod.settle_positions(portfolios, assets, since): makes the rows of these positions what their trades say.
--
-- The arrays are parallel and in (portfolio, asset) order, the order in which every writer locks positions; `since` as in
-- replay_positions. Creates a row with the first trade, deletes it with the last. Writes portfolio_positions.
--
-- Locking and replaying are statements of their own on purpose: after waiting for a row lock the replay must take a fresh
-- snapshot, or it would miss the trades of the transaction it waited for.

CREATE OR REPLACE FUNCTION portfoliod.settle_positions(of_portfolios int[], of_assets int[], since timestamp[]) RETURNS void
LANGUAGE plpgsql
-- Every join here looks keys up in an index. Without these lines a plan made while the tables were small would read
-- them whole, and a session keeps its plans.
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    one_snapshot boolean := current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted');
    touched record;
    settled int;
BEGIN
    -- A key with neither a row nor a trade is left alone: it is a portfolio being deleted, and a new row would refer to nothing.
    SELECT array_agg(k.portfolio_id) AS portfolios, array_agg(k.asset_id) AS assets, array_agg(k.since) AS since,
           array_agg(p.id) AS ids
      INTO touched
      FROM unnest(of_portfolios, of_assets, since) AS k (portfolio_id, asset_id, since)
      LEFT JOIN public.portfolio_positions p USING (portfolio_id, asset_id)
     WHERE p.id IS NOT NULL
        OR EXISTS (SELECT FROM public.transactions t WHERE t.portfolio_id = k.portfolio_id AND t.asset_id = k.asset_id);
    IF touched.portfolios IS NULL THEN
        RETURN;
    END IF;

    -- Key by key, strictly in order: creating all missing rows first and locking the others after that would, when a peer deletes
    -- one in between, create it while later ones are already locked: a deadlock.
    FOR i IN 1 .. cardinality(touched.portfolios) LOOP
        LOOP
            IF touched.ids[i] IS NULL THEN      -- there was no row: try to be the one who creates it
                INSERT INTO public.portfolio_positions
                       (portfolio_id, asset_id, quantity, average_buy_price, first_purchase_date)
                VALUES (touched.portfolios[i], touched.assets[i], 0, 0, today)
                    ON CONFLICT (portfolio_id, asset_id) DO NOTHING;
                IF FOUND THEN
                    IF one_snapshot THEN
                        -- Splits entered since then are not seen, and there is no row of the position that would say so.
                        PERFORM FROM public.assets WHERE id = touched.assets[i] FOR SHARE;
                    END IF;
                    EXIT;
                END IF;
            END IF;
            PERFORM FROM public.portfolio_positions
              WHERE portfolio_id = touched.portfolios[i] AND asset_id = touched.assets[i] FOR NO KEY UPDATE;
            EXIT WHEN FOUND;
            touched.ids[i] := NULL;             -- gone meanwhile
        END LOOP;
    END LOOP;

    UPDATE public.portfolio_positions p
       SET quantity = r.held, average_buy_price = r.average, first_purchase_date = r.first_purchase,
           last_trade_at = r.last_trade, oversold_at = r.oversold, last_updated = now() AT TIME ZONE 'UTC',
           restatements = p.restatements + 1,
           last_split_on = (SELECT max(s.ex_date) FROM public.asset_splits s
                             WHERE s.asset_id = r.asset_id AND s.ex_date <= today),
           next_split_on = (SELECT min(s.ex_date) FROM public.asset_splits s
                             WHERE s.asset_id = r.asset_id AND s.ex_date > today)
      FROM portfoliod.replay_positions(touched.portfolios, touched.assets, touched.since) r
     WHERE p.portfolio_id = r.portfolio_id AND p.asset_id = r.asset_id;
    GET DIAGNOSTICS settled = ROW_COUNT;
    IF settled < cardinality(touched.portfolios) THEN
        DELETE FROM public.portfolio_positions p USING unnest(touched.portfolios, touched.assets) AS k (portfolio_id, asset_id)
         WHERE p.portfolio_id = k.portfolio_id AND p.asset_id = k.asset_id
           AND NOT EXISTS (SELECT FROM public.transactions t
                            WHERE t.portfolio_id = k.portfolio_id AND t.asset_id = k.asset_id);
    END IF;
END $$;
