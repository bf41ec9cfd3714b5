-- store_performance(figures, checkpoints): writes the figures of portfolios, a JSON array of objects with the cache's column names, and announces
-- portfolio_updated for each whose figures changed; last_updated is set in any case. Returns how many changed. Keeps the checkpoints made on the
-- way, as store_checkpoints() takes them.
-- For the holder of the portfolios' locks (valuation_inputs): none of them can go, and no two write the same one at a time.
-- Touches: portfolio_performance_cache, portfoliod.valuation_problems, portfoliod.ledger_checkpoints.
DROP FUNCTION IF EXISTS portfoliod.store_performance(jsonb);       -- before there were checkpoints
CREATE OR REPLACE FUNCTION portfoliod.store_performance(figures jsonb, checkpoints jsonb DEFAULT '[]')
RETURNS integer
LANGUAGE plpgsql VOLATILE
-- One plan for all calls: made anew for each argument it would cost more than it saves. Keys are looked up in indexes, whatever
-- the table held when it was made.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
    changed integer;
BEGIN
    IF checkpoints <> '[]' THEN
        PERFORM portfoliod.store_checkpoints(checkpoints);
    END IF;
    -- Compared in the same statement, which sees the rows as they were before it.
    WITH written AS (
        INSERT INTO public.portfolio_performance_cache AS cache
            (portfolio_id, current_value_usd, total_invested_usd, total_return_pct, day_change_pct, week_change_pct,
             month_change_pct, year_change_pct, realized_gain_usd, unrealized_gain_usd, fees_usd, priced_share_pct, twr_pct, xirr_pct,
             status, last_updated)
        SELECT new.portfolio_id, new.current_value_usd, new.total_invested_usd, new.total_return_pct, new.day_change_pct,
               new.week_change_pct, new.month_change_pct, new.year_change_pct, new.realized_gain_usd, new.unrealized_gain_usd,
               new.fees_usd, new.priced_share_pct, new.twr_pct, new.xirr_pct, new.status, now() AT TIME ZONE 'UTC'
        FROM jsonb_populate_recordset(NULL::public.portfolio_performance_cache, figures) AS new
        ON CONFLICT (portfolio_id) DO UPDATE
        SET current_value_usd = excluded.current_value_usd, total_invested_usd = excluded.total_invested_usd,
            total_return_pct = excluded.total_return_pct, day_change_pct = excluded.day_change_pct,
            week_change_pct = excluded.week_change_pct, month_change_pct = excluded.month_change_pct,
            year_change_pct = excluded.year_change_pct, realized_gain_usd = excluded.realized_gain_usd,
            unrealized_gain_usd = excluded.unrealized_gain_usd, fees_usd = excluded.fees_usd,
            priced_share_pct = excluded.priced_share_pct, twr_pct = excluded.twr_pct, xirr_pct = excluded.xirr_pct,
            status = excluded.status, last_updated = excluded.last_updated
        RETURNING cache.*
    )
    SELECT count(pg_notify('portfolio_updated', json_build_object(
               'portfolio_id', new.portfolio_id,
               'current_value_usd', new.current_value_usd,
               'total_return_pct', new.total_return_pct,
               'status', new.status)::text))
    INTO changed
    FROM written AS new
    LEFT JOIN public.portfolio_performance_cache AS old ON old.portfolio_id = new.portfolio_id
    WHERE old.portfolio_id IS NULL
       OR (old.current_value_usd, old.total_invested_usd, old.total_return_pct, old.day_change_pct, old.week_change_pct,
           old.month_change_pct, old.year_change_pct, old.realized_gain_usd, old.unrealized_gain_usd, old.fees_usd,
           old.priced_share_pct, old.twr_pct, old.xirr_pct, old.status)
          IS DISTINCT FROM
          (new.current_value_usd, new.total_invested_usd, new.total_return_pct, new.day_change_pct, new.week_change_pct,
           new.month_change_pct, new.year_change_pct, new.realized_gain_usd, new.unrealized_gain_usd, new.fees_usd,
           new.priced_share_pct, new.twr_pct, new.xirr_pct, new.status);
    DELETE FROM portfoliod.valuation_problems AS noted
    USING jsonb_populate_recordset(NULL::public.portfolio_performance_cache, store_performance.figures) AS new
    WHERE noted.figures = 'current' AND noted.portfolio_id = new.portfolio_id;
    RETURN changed;
END
$$;
