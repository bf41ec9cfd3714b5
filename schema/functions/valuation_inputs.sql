-- valuation_inputs(portfolio_ids, today, restated_currencies, restated_since): locks these portfolios, in id order, with their cache rows, and returns all that their
-- figures rest on. Whoever recomputes figures does so under this lock: two daemons interleaving then give the result of one. A portfolio that is
-- gone, or that a transaction in progress holds (its trigger marks the cache row), is left out and never waited for: somebody's open psql
-- must not hold up everyone's figures. The caller comes back to it. Of those it got, checkpoints that count a trade of the i-th restated currency on
-- or after the i-th day are forgotten first.
--
-- What is returned was read by one statement, later than the lock and so of one moment: a trade that commits between two statements would show as money
-- invested without value. One row a fact; what the columns a … t hold depends on kind:
--   portfolio one that was locked
--   asset     held by any of them, once for all: last close, its date, whether provisional; whether its prices are pending: history is queued, or the
--             last close is in shares of before a split; the last day with any such price
--   currency  that any of them ever traded in, but USD, once for all: code, last rate to USD, its day, whether history is queued
--   split     of an asset that any of them ever traded, once for all: ex_date, numerator, denominator, due by today
--   position  id, restatements, quantity, currency, first purchase; with a checkpoint that holds: its columns from through to recent_outflow
--   trade     buy or sell, time, quantity, price, fee, rate to USD of its day: the broker's own where the transaction carries one, else the
--             last one before the end of that UTC day; NULL where there is none; 1 for USD. Those after the checkpoint
--   history   of a portfolio with trades before today: whether snapshots are still to be computed; value and index at the end of
--             yesterday; the index 7 days, a month and a year ago, 1 before the first trade
-- Touches: portfolios, portfolio_performance_cache (locks), portfoliod.ledger_checkpoints, by forget_checkpoints(); reads portfolio_positions, assets, asset_prices, last_close(), exchange_rates, both queues, price_coverage, last_outdated_price(),
--        transactions, asset_splits, portfolio_snapshots, portfoliod.due_snapshots, portfoliod.valuation_problems.
CREATE OR REPLACE FUNCTION portfoliod.valuation_inputs(portfolio_ids integer[], today date,
                                                       restated_currencies text[] DEFAULT '{}', restated_since date[] DEFAULT '{}')
RETURNS TABLE (kind text, portfolio_id integer, asset_id integer, a text, b text, c text, d text, e text, f text, g text, h text,
               i text, j text, k text, l text, m text, n text, o text, p text, q text, r text, s text, t text)
LANGUAGE plpgsql VOLATILE
-- Keys are looked up in indexes; and one plan for all calls: made anew for each array it would cost more than it saves.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off AS $$
DECLARE
    locked integer[];
BEGIN
    locked := ARRAY(SELECT portfolio.id FROM public.portfolios AS portfolio
                    JOIN public.portfolio_performance_cache AS cache ON cache.portfolio_id = portfolio.id
                    WHERE portfolio.id = ANY (portfolio_ids)
                    ORDER BY portfolio.id
                    FOR NO KEY UPDATE SKIP LOCKED);
    -- Those never valued have no cache row yet.
    IF cardinality(locked) < cardinality(portfolio_ids) THEN
        locked := locked || ARRAY(
            SELECT portfolio.id FROM public.portfolios AS portfolio
            WHERE portfolio.id = ANY (portfolio_ids)
              AND NOT EXISTS (SELECT FROM public.portfolio_performance_cache AS cache
                              WHERE cache.portfolio_id = portfolio.id)
            ORDER BY portfolio.id
            FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    IF cardinality(restated_currencies) > 0 THEN
        PERFORM portfoliod.forget_checkpoints(locked, restated_currencies, restated_since);
    END IF;

    RETURN QUERY
    WITH pos AS MATERIALIZED (
        SELECT position.id, position.portfolio_id, position.asset_id, position.quantity, position.restatements, position.last_trade_at,
               position.first_purchase_date,
               asset.native_currency AS currency,
               checkpoint.through, checkpoint.held, checkpoint.average_cost, checkpoint.average_for, checkpoint.cost_known,
               checkpoint.last_trade_price, checkpoint.invested, checkpoint.proceeds, checkpoint.fees, checkpoint.realized,
               checkpoint.complete, checkpoint.flows, checkpoint.recent_days, checkpoint.recent_inflow,
               checkpoint.recent_outflow
        FROM public.portfolio_positions AS position
        JOIN public.assets AS asset ON asset.id = position.asset_id
        -- LATERAL with OFFSET: looked up position by position also by a plan made while the table was empty
        LEFT JOIN LATERAL (
            SELECT kept.* FROM portfoliod.ledger_checkpoints AS kept
            WHERE kept.position_id = position.id AND kept.restatements = position.restatements OFFSET 0) AS checkpoint ON true
        WHERE position.portfolio_id = ANY (locked)
    )
    SELECT 'portfolio', owned.id, NULL::integer, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
           NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
           NULL::text, NULL::text, NULL::text
    FROM unnest(locked) AS owned (id)
    UNION ALL
    SELECT 'asset', NULL, held.id, price.close::text, price.timestamp::date::text, CASE WHEN price.is_final THEN 'f' ELSE 't' END,
           CASE WHEN EXISTS (
               SELECT FROM public.backfill_queue AS job
               WHERE job.asset_id = held.id AND job.status IN ('pending', 'in_progress', 'rate_limited'))
               OR price.timestamp::date <@ coverage.outdated
               -- a split that nobody has counted yet
               OR EXISTS (SELECT FROM public.asset_splits AS split
                          WHERE split.asset_id = held.id AND split.ex_date > price.timestamp::date
                            AND split.ex_date <= valuation_inputs.today
                            -- CASE: asked when there is such a split, and not before for each asset
                            AND CASE WHEN split.ex_date IS NOT NULL AND coverage.asset_id IS NOT NULL
                                     THEN coverage.counted_splits
                                          IS DISTINCT FROM portfoliod.splits_in_effect(held.id, valuation_inputs.today) END)
               THEN 't' ELSE 'f' END,
           CASE WHEN price.close IS NOT NULL AND NOT isempty(coverage.outdated) THEN portfoliod.last_outdated_price(held.id)::text END,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (SELECT DISTINCT pos.asset_id AS id FROM pos WHERE pos.quantity > 0) AS held
    -- Almost always there is a close of the last weeks; then only this year's partition, or two, are opened at all.
    LEFT JOIN LATERAL (
        SELECT price.close, price.timestamp, price.is_final FROM public.asset_prices AS price
        WHERE price.asset_id = held.id AND price.timestamp > valuation_inputs.today - 31
        ORDER BY price.timestamp DESC LIMIT 1) AS recent ON true
    LEFT JOIN LATERAL (
        SELECT last.close, last.timestamp, last.is_final FROM portfoliod.last_close(held.id) AS last
        WHERE recent.close IS NULL
        OFFSET 0) AS older ON true             -- OFFSET: asked before the function is called, not after
    CROSS JOIN LATERAL (
        SELECT coalesce(recent.close, older.close) AS close, coalesce(recent.timestamp, older.timestamp) AS timestamp,
               coalesce(recent.is_final, older.is_final) AS is_final) AS price
    LEFT JOIN LATERAL (
        SELECT known.asset_id, known.outdated, known.counted_splits FROM portfoliod.price_coverage AS known
        WHERE known.asset_id = held.id OFFSET 0) AS coverage ON true
    UNION ALL
    SELECT 'currency', NULL, NULL, traded.code, rate.rate_to_usd::text, rate.timestamp::date::text,
           CASE WHEN EXISTS (
               SELECT FROM portfoliod.rate_backfill_queue AS job
               WHERE job.currency_code = traded.code AND job.status IN ('pending', 'in_progress', 'rate_limited'))
               THEN 't' ELSE 'f' END,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (SELECT DISTINCT pos.currency AS code FROM pos WHERE pos.currency <> 'USD') AS traded
    LEFT JOIN LATERAL (
        SELECT rate.rate_to_usd, rate.timestamp FROM public.exchange_rates AS rate
        WHERE rate.currency_code = traded.code
        ORDER BY rate.timestamp DESC LIMIT 1) AS rate ON true
    UNION ALL
    SELECT 'split', NULL, traded.id, split.ex_date::text, split.numerator::text, split.denominator::text,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (SELECT DISTINCT pos.asset_id AS id FROM pos) AS traded
    CROSS JOIN LATERAL (
        SELECT due.ex_date, due.numerator, due.denominator FROM public.asset_splits AS due
        WHERE due.asset_id = traded.id AND due.ex_date <= valuation_inputs.today OFFSET 0) AS split
    UNION ALL
    SELECT 'position', pos.portfolio_id, pos.asset_id, pos.id::text, pos.restatements::text, pos.quantity::text, pos.currency::text,
           pos.first_purchase_date::text,
           pos.through::text, pos.held::text, pos.average_cost::text, pos.average_for::text,
           CASE WHEN pos.cost_known THEN 't' ELSE 'f' END, pos.last_trade_price::text,
           pos.invested::text, pos.proceeds::text, pos.fees::text, pos.realized::text, CASE WHEN pos.complete THEN 't' ELSE 'f' END,
           pos.flows, pos.recent_days::text, pos.recent_inflow::text, pos.recent_outflow::text
    FROM pos
    UNION ALL
    SELECT 'trade', pos.portfolio_id, pos.asset_id, trade.transaction_type::text, trade.timestamp::text, trade.quantity::text,
           trade.price::text, coalesce(trade.fee, 0)::text,
           CASE WHEN trade.rate_to_usd IS NOT NULL THEN trade.rate_to_usd::text
                WHEN pos.currency = 'USD' THEN '1'
                ELSE (SELECT rate.rate_to_usd::text FROM public.exchange_rates AS rate
                      WHERE rate.currency_code = pos.currency AND rate.timestamp < trade.timestamp::date + 1
                      ORDER BY rate.timestamp DESC LIMIT 1) END,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM pos
    JOIN public.transactions AS trade
        ON trade.portfolio_id = pos.portfolio_id AND trade.asset_id = pos.asset_id
       AND trade.timestamp > coalesce(pos.through, '-infinity')
    WHERE pos.last_trade_at > coalesce(pos.through, '-infinity')
    UNION ALL
    SELECT 'history', owner.id, 0,
           CASE WHEN yesterday.value_found AND NOT EXISTS (
               SELECT FROM portfoliod.due_snapshots AS due WHERE due.portfolio_id = owner.id AND due.from_date < valuation_inputs.today)
               AND NOT EXISTS (SELECT FROM portfoliod.valuation_problems AS owed WHERE owed.portfolio_id = owner.id AND owed.figures = 'snapshots')
               THEN 'f' ELSE 't' END,
           yesterday.value_exact::text, yesterday.twr_index::text, ago.indexes[1]::text, ago.indexes[2]::text, ago.indexes[3]::text,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (SELECT pos.portfolio_id AS id, min(pos.first_purchase_date) AS first_day FROM pos GROUP BY pos.portfolio_id) AS owner
    LEFT JOIN LATERAL (
        SELECT true AS value_found, snapshot.value_exact, snapshot.twr_index FROM public.portfolio_snapshots AS snapshot
        WHERE snapshot.portfolio_id = owner.id AND snapshot.snapshot_date = valuation_inputs.today - 1 OFFSET 0) AS yesterday ON true
    CROSS JOIN LATERAL (
        SELECT array_agg(CASE WHEN at.day < owner.first_day THEN 1
                              ELSE (SELECT snapshot.twr_index FROM public.portfolio_snapshots AS snapshot
                                    WHERE snapshot.portfolio_id = owner.id AND snapshot.snapshot_date = at.day) END ORDER BY at.n) AS indexes
        FROM (VALUES (1, valuation_inputs.today - 7), (2, (valuation_inputs.today - interval '1 month')::date),
                     (3, (valuation_inputs.today - interval '1 year')::date)) AS at (n, day) OFFSET 0) AS ago
    WHERE owner.first_day < valuation_inputs.today;
END
$$;
