-- A job of rate_backfill_queue was set back to pending and may run at once (a person retries it, a stopping daemon gives it back): backfill_requested.

CREATE OR REPLACE TRIGGER rate_backfill_queue_job_retried
    AFTER UPDATE OF status ON portfoliod.rate_backfill_queue
    FOR EACH ROW WHEN (NEW.status = 'pending' AND (OLD.status <> 'in_progress' OR NEW.retry_after IS NULL))
    EXECUTE FUNCTION portfoliod.notify_backfill_requested('currency_code');
