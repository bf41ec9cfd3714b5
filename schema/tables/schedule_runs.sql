-- portfoliod.schedule_runs: when each task of the schedule ran last, and how it ended; one row a task. For `portfoliod status`.

CREATE TABLE portfoliod.schedule_runs (
    task         text PRIMARY KEY,
    started_at   timestamp NOT NULL,
    ended_at     timestamp NOT NULL,
    succeeded_at timestamp,                     -- the last time it did not fail
    problem      text                           -- why it failed; NULL when it did not
);
