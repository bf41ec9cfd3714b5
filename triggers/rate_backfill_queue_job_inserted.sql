-- A new job in rate_backfill_queue: backfill_requested.

CREATE OR REPLACE TRIGGER rate_backfill_queue_job_inserted
    AFTER INSERT ON portfoliod.rate_backfill_queue
    FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION portfoliod.notify_backfill_requested('currency_code');
