-- verify_snapshots(today): where the kept snapshots are not what the tables say: days missing or too many between the first trade and yesterday, and values of yesterday
-- more than a cent off what was held then × its last close × its last rate, among those that rest on prices and rates alone
-- (status final or stale). What was held is today's quantity less today's trades, so portfolios with a split of today are passed over, and so
-- are those whose snapshots are due. Written apart from the daemon's arithmetic, which it judges.
-- Reads portfolio_snapshots, portfolio_positions, transactions, assets, asset_prices, exchange_rates, asset_splits, portfoliod.due_snapshots.
CREATE OR REPLACE FUNCTION portfoliod.verify_snapshots(today date)
RETURNS TABLE (portfolio_id integer, problem text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH settled AS MATERIALIZED (
        SELECT portfolio.id, (SELECT min(pos.first_purchase_date) FROM public.portfolio_positions AS pos
                              WHERE pos.portfolio_id = portfolio.id) AS first_day
        FROM public.portfolios AS portfolio
        WHERE NOT EXISTS (SELECT FROM portfoliod.due_snapshots AS due WHERE due.portfolio_id = portfolio.id)
    ),
    counted AS (
        SELECT settled.id, greatest(0, coalesce(verify_snapshots.today - settled.first_day, 0)) AS expected,
               (SELECT count(*) FROM public.portfolio_snapshots AS kept WHERE kept.portfolio_id = settled.id) AS days,
               (SELECT count(*) FROM public.portfolio_snapshots AS kept
                WHERE kept.portfolio_id = settled.id AND kept.snapshot_date BETWEEN settled.first_day AND verify_snapshots.today - 1) AS right_days
        FROM settled
    ),
    held AS (
        SELECT settled.id, pos.asset_id, asset.native_currency,
               pos.quantity - coalesce((SELECT sum(CASE trade.transaction_type WHEN 'buy' THEN trade.quantity ELSE -trade.quantity END)
                                        FROM public.transactions AS trade
                                        WHERE trade.portfolio_id = settled.id AND trade.asset_id = pos.asset_id
                                          AND trade.timestamp >= verify_snapshots.today), 0) AS quantity
        FROM settled
        JOIN public.portfolio_positions AS pos ON pos.portfolio_id = settled.id
        JOIN public.assets AS asset ON asset.id = pos.asset_id
    ),
    worth AS (
        SELECT held.id, round(sum(held.quantity * price.close * CASE held.native_currency WHEN 'USD' THEN 1 ELSE rate.rate_to_usd END), 2) AS usd
        FROM held
        LEFT JOIN LATERAL (SELECT before.close FROM public.asset_prices AS before
                           WHERE before.asset_id = held.asset_id AND before.timestamp < verify_snapshots.today
                           ORDER BY before.timestamp DESC LIMIT 1) AS price ON true
        LEFT JOIN LATERAL (SELECT before.rate_to_usd FROM public.exchange_rates AS before
                           WHERE before.currency_code = held.native_currency AND before.timestamp < verify_snapshots.today
                           ORDER BY before.timestamp DESC LIMIT 1) AS rate ON true
        WHERE held.quantity <> 0
        GROUP BY held.id
        HAVING NOT EXISTS (SELECT FROM held AS mine JOIN public.asset_splits AS split ON split.asset_id = mine.asset_id
                           WHERE mine.id = held.id AND split.ex_date = verify_snapshots.today)
    )
    SELECT counted.id, format('%s of its %s days have a snapshot, %s have one that should not', counted.right_days, counted.expected,
                              counted.days - counted.right_days)
    FROM counted WHERE counted.right_days <> counted.expected OR counted.days <> counted.expected
    UNION ALL
    SELECT owed.portfolio_id, format('its snapshots since %s cannot be computed: %s', owed.since, owed.problem)
    FROM portfoliod.valuation_problems AS owed WHERE owed.figures = 'snapshots'
    UNION ALL
    SELECT kept.portfolio_id, format('the snapshot of %s is %s, what was held then was worth %s', kept.snapshot_date, kept.total_value_usd,
                                     worth.usd)
    FROM worth
    JOIN public.portfolio_snapshots AS kept ON kept.portfolio_id = worth.id AND kept.snapshot_date = verify_snapshots.today - 1
    WHERE kept.status IN ('final', 'stale') AND abs(kept.total_value_usd - worth.usd) > 0.01
    ORDER BY 1, 2;
END;
