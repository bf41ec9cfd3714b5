-- updated_at of backfill_queue follows every UPDATE.

CREATE OR REPLACE TRIGGER backfill_queue_touch
    BEFORE UPDATE ON public.backfill_queue
    FOR EACH ROW EXECUTE FUNCTION portfoliod.touch_updated_at();
