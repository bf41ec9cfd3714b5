-- take_changes_with_inputs(batch_max, today, next_day): what take_changes() takes, one row a subject of kind 'change': a currency, b earliest date, c whether a
-- holding changed, d rows merged; and after that, where nothing was taken but trades in a few portfolios that change nobody's holding and no day before next_day,
-- what valuation_inputs() reads of these portfolios, which it locks. Trades come one by one, and a question to the server less is a
-- twentieth of the time from the INSERT to its figures.
-- Touches: portfoliod.pending_changes, and what valuation_inputs() touches.
CREATE OR REPLACE FUNCTION portfoliod.take_changes_with_inputs(batch_max integer, today date, next_day date)
RETURNS TABLE (kind text, portfolio_id integer, asset_id integer, a text, b text, c text, d text, e text, f text, g text, h text,
               i text, j text, k text, l text, m text, n text, o text, p text, q text, r text, s text, t text)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    few constant integer := 4;      -- more are read in the batches of whoever asked
    plain boolean := true;
    owners integer[] := '{}';
    change record;
BEGIN
    kind := 'change';
    FOR change IN SELECT taken.* FROM portfoliod.take_changes(batch_max) AS taken LOOP
        portfolio_id := change.portfolio_id;
        asset_id := change.asset_id;
        a := change.currency_code;
        b := change.from_date;
        c := CASE WHEN change.holding_changed THEN 't' ELSE 'f' END;
        d := change.merged;
        RETURN NEXT;
        plain := plain AND change.portfolio_id IS NOT NULL AND change.asset_id IS NOT NULL
                 AND (change.from_date IS NULL OR change.from_date >= next_day) AND NOT change.holding_changed AND cardinality(owners) <= few;
        IF plain AND change.portfolio_id <> ALL (owners) THEN
            owners := owners || change.portfolio_id;
        END IF;
    END LOOP;
    IF plain AND cardinality(owners) BETWEEN 1 AND few THEN
        RETURN QUERY SELECT inputs.* FROM portfoliod.valuation_inputs(owners, today) AS inputs;
    END IF;
END
$$;
