-- portfoliod.refuse_oversold(): trigger function, at commit, for positions whose replay found more sold than held.
--
-- Deferred, so that a sale may be typed before its purchase within one transaction: the row is read again, and only what is
-- still wrong then is refused, naming portfolio, symbol, held, sold and when. Reads portfolio_positions and,
-- by way of a replay, transactions and asset_splits.

CREATE OR REPLACE FUNCTION portfoliod.refuse_oversold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    history record;
BEGIN
    PERFORM FROM public.portfolio_positions WHERE id = NEW.id AND oversold_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN NULL;            -- mended meanwhile, or gone with its portfolio
    END IF;
    SELECT * INTO history FROM portfoliod.replay_positions(ARRAY[NEW.portfolio_id], ARRAY[NEW.asset_id],
                                                           ARRAY['-infinity'::timestamp]);
    RAISE EXCEPTION '%: % sold at % but only % held',
        portfoliod.position_label(NEW.portfolio_id, NEW.asset_id),
        trim_scale(history.oversold_sold), to_char(history.oversold, 'YYYY-MM-DD HH24:MI:SS'),
        trim_scale(greatest(history.oversold_held, 0))
        USING ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'transactions',
              CONSTRAINT = 'positions_not_oversold',
              DETAIL = 'Quantities are in the shares of that day, after the splits up to it.',
              HINT = 'Enter the missing purchase first or in the same transaction, or correct the sale.';
END $$;
