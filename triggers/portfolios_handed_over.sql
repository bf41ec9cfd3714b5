-- A portfolio changes hands or is shown in another currency: its assets' users are counted, and rates looked for, again.

CREATE OR REPLACE TRIGGER portfolios_handed_over
    AFTER UPDATE OF user_id, currency ON public.portfolios
    FOR EACH ROW WHEN ((NEW.user_id, NEW.currency) IS DISTINCT FROM (OLD.user_id, OLD.currency))
    EXECUTE FUNCTION portfoliod.notify_portfolio_handed_over();
