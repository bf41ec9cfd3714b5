-- A new job in backfill_queue: backfill_requested.

CREATE OR REPLACE TRIGGER backfill_queue_job_inserted
    AFTER INSERT ON public.backfill_queue
    FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION portfoliod.notify_backfill_requested('asset_id');
