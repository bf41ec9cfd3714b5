-- A person sets a job of backfill_queue back to pending: start anew, also one that is in progress: who is at it has lost it then.
-- When the lease goes with the same UPDATE it is the daemon giving the job back, which keeps attempts, retry_after and error_message.

CREATE OR REPLACE TRIGGER backfill_queue_job_reset
    BEFORE UPDATE OF status ON public.backfill_queue
    FOR EACH ROW WHEN (NEW.status = 'pending'
                       AND (OLD.status <> 'in_progress' OR NEW.lease_token IS NOT DISTINCT FROM OLD.lease_token))
    EXECUTE FUNCTION portfoliod.reset_backfill_job('asset_id');
