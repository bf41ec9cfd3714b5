-- A job of backfill_queue was set back to pending and may run at once (a person retries it, a stopping daemon gives it back): backfill_requested.

CREATE OR REPLACE TRIGGER backfill_queue_job_retried
    AFTER UPDATE OF status ON public.backfill_queue
    FOR EACH ROW WHEN (NEW.status = 'pending' AND (OLD.status <> 'in_progress' OR NEW.retry_after IS NULL))
    EXECUTE FUNCTION portfoliod.notify_backfill_requested('asset_id');
