-- users.updated_at follows every UPDATE.

CREATE OR REPLACE TRIGGER users_touch
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION portfoliod.touch_updated_at();
