-- portfoliod.replay_positions(portfolios, assets, since): what these positions should be, from their trades.
--
-- The arrays are parallel: one entry a position. `since` is the earliest time of what was added; '-infinity' when something was
-- changed or removed. If that is later than all a position has counted, only the new trades are folded into what its row
-- says; otherwise it is replayed from its first trade. Returns one row per position that has a trade, with the first
-- moment at which more was sold than held, if any, and what was held and sold then.
-- Reads portfolio_positions, transactions and asset_splits, writes nothing: settle_positions holds the row locks.
--
-- Within one timestamp all buys count before all sells, each side as one sum, so that ids and the order of arrival never
-- matter. It rounds where notify_transaction_created rounds when it folds one trade: the two agree to the last digit.
-- One query streams the events of all positions: for 20,000 of them a query each took twice as long.

CREATE OR REPLACE FUNCTION portfoliod.replay_positions(of_portfolios int[], of_assets int[], since timestamp[])
RETURNS TABLE (portfolio_id int, asset_id int, held numeric, average numeric, first_purchase date, last_trade timestamp,
               oversold timestamp, oversold_held numeric, oversold_sold numeric)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
#variable_conflict use_column
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    current_key bigint;
    event record;
BEGIN
    FOR event IN
        WITH opening AS MATERIALIZED (
            SELECT k.key, k.portfolio_id, k.asset_id, p.quantity, p.average_buy_price, p.first_purchase_date,
                   CASE WHEN k.since > p.last_trade_at AND p.oversold_at IS NULL
                         -- the trade is older than a split already counted, or a split has come due meanwhile
                         AND (p.last_split_on IS NULL OR k.since::date >= p.last_split_on)
                         AND (p.next_split_on IS NULL OR p.next_split_on > today)
                        THEN p.last_trade_at END AS counted_until
              FROM unnest(of_portfolios, of_assets, since) WITH ORDINALITY AS k (portfolio_id, asset_id, since, key)
              LEFT JOIN public.portfolio_positions p USING (portfolio_id, asset_id)
        )
        SELECT o.key, o.portfolio_id, o.asset_id, '-infinity'::timestamp AS at, 0 AS step,
               o.quantity AS bought, o.average_buy_price AS paid, NULL::numeric AS sold,
               NULL::numeric AS numerator, NULL::numeric AS denominator,
               o.first_purchase_date AS first_purchase, o.counted_until AS last_trade
          FROM opening o WHERE o.counted_until IS NOT NULL
        UNION ALL
        -- a split stands at the start of its day, before that day's trades; an opening state has counted it
        SELECT o.key, o.portfolio_id, o.asset_id, s.ex_date, 1, NULL, NULL, NULL, s.numerator, s.denominator, NULL, NULL
          FROM opening o JOIN public.asset_splits s ON s.asset_id = o.asset_id AND s.ex_date <= today
         WHERE o.counted_until IS NULL
        UNION ALL
        SELECT o.key, o.portfolio_id, o.asset_id, t.timestamp, 2,
               sum(t.quantity) FILTER (WHERE t.transaction_type = 'buy'),
               sum(t.quantity * t.price) FILTER (WHERE t.transaction_type = 'buy'),
               sum(t.quantity) FILTER (WHERE t.transaction_type = 'sell'), NULL, NULL, NULL, NULL
          FROM opening o
          JOIN public.transactions t ON t.portfolio_id = o.portfolio_id AND t.asset_id = o.asset_id
               AND t.timestamp > coalesce(o.counted_until, '-infinity')
         GROUP BY o.key, o.portfolio_id, o.asset_id, t.timestamp
         ORDER BY key, at, step
    LOOP
        IF event.key IS DISTINCT FROM current_key THEN
            IF last_trade IS NOT NULL THEN
                RETURN NEXT;
            END IF;
            current_key := event.key;
            portfolio_id := event.portfolio_id;
            asset_id := event.asset_id;
            held := 0;
            average := 0;
            first_purchase := NULL;
            last_trade := NULL;
            oversold := NULL;
        END IF;

        IF event.step = 2 THEN
            last_trade := event.at;
            IF event.bought IS NOT NULL THEN
                -- below zero only in a history that is refused at commit: what was sold too much has no average
                average := portfoliod.divide_rounded(greatest(held, 0) * average + event.paid,
                                                     greatest(held, 0) + event.bought);
                held := held + event.bought;
            END IF;
            -- the first trade is a buy, or else refused at commit
            first_purchase := coalesce(first_purchase, event.at::date);
            IF event.sold IS NOT NULL THEN
                IF event.sold > held AND oversold IS NULL THEN
                    oversold := event.at;
                    oversold_held := held;
                    oversold_sold := event.sold;
                END IF;
                held := held - event.sold;
            END IF;
        ELSIF event.step = 1 THEN
            IF held > 0 THEN
                held := portfoliod.divide_rounded(held * event.numerator, event.denominator);
                average := portfoliod.divide_rounded(average * event.denominator, event.numerator);
            END IF;
        ELSE
            held := event.bought;
            average := event.paid;
            first_purchase := event.first_purchase;
            last_trade := event.last_trade;
        END IF;
        IF held <= 0 THEN
            average := 0;       -- closed: a later buy starts anew
        END IF;
        IF held >= 1e16 OR held <= -1e16 OR average >= 1e16 THEN
            RAISE EXCEPTION '%: % on % would be beyond the range of portfolio_positions (below 10^16)',
                portfoliod.position_label(portfolio_id, asset_id),
                CASE WHEN average >= 1e16 THEN 'average price ' || trim_scale(average)
                     ELSE 'quantity ' || trim_scale(held) END, event.at::date
                USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Check quantity, price and splits of this asset.';
        END IF;
    END LOOP;
    IF last_trade IS NOT NULL THEN
        RETURN NEXT;
    END IF;
END $$;
