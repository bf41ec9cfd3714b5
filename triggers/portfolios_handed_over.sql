-- A portfolio changes hands: its assets' users are counted again.

CREATE OR REPLACE TRIGGER portfolios_handed_over
    AFTER UPDATE OF user_id ON public.portfolios
    FOR EACH ROW WHEN (NEW.user_id IS DISTINCT FROM OLD.user_id)
    EXECUTE FUNCTION portfoliod.notify_portfolio_handed_over();
