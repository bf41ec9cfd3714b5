-- updated_at of rate_backfill_queue follows every UPDATE.

CREATE OR REPLACE TRIGGER rate_backfill_queue_touch
    BEFORE UPDATE ON portfoliod.rate_backfill_queue
    FOR EACH ROW EXECUTE FUNCTION portfoliod.touch_updated_at();
