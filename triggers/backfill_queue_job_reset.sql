-- A person sets a job of backfill_queue back to pending: start anew. From in_progress it is the daemon giving the job
-- back, which keeps attempts, retry_after and error_message.

CREATE OR REPLACE TRIGGER backfill_queue_job_reset
    BEFORE UPDATE OF status ON public.backfill_queue
    FOR EACH ROW WHEN (NEW.status = 'pending' AND OLD.status <> 'in_progress')
    EXECUTE FUNCTION portfoliod.reset_backfill_job('asset_id');
