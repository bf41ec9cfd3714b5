-- At commit: a position in which more was sold than held, at any point of its history, is refused.
-- WHEN keeps good rows out of the queue of deferred events; OF spares the fold of a later trade, which never sets the column, WHEN's
-- compilation. (Constraint triggers know no OR REPLACE.)

DROP TRIGGER IF EXISTS positions_not_oversold ON public.portfolio_positions;
CREATE CONSTRAINT TRIGGER positions_not_oversold
    AFTER INSERT OR UPDATE OF oversold_at ON public.portfolio_positions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.oversold_at IS NOT NULL) EXECUTE FUNCTION portfoliod.refuse_oversold();
