-- note_run(task, started_at, problem): writes down that a task of the schedule has ended now; problem NULL = well.
-- Touches: portfoliod.schedule_runs.
CREATE OR REPLACE FUNCTION portfoliod.note_run(of_task text, started_at timestamp, problem text)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    INSERT INTO portfoliod.schedule_runs AS run (task, started_at, ended_at, succeeded_at, problem)
    SELECT of_task, note_run.started_at, now.utc, CASE WHEN note_run.problem IS NULL THEN now.utc END, note_run.problem
    FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC') AS now (utc)
    ON CONFLICT (task) DO UPDATE
    SET started_at = excluded.started_at, ended_at = excluded.ended_at, problem = excluded.problem,
        succeeded_at = coalesce(excluded.succeeded_at, run.succeeded_at);
END;
