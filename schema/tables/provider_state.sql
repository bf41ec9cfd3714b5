-- portfoliod.provider_state: how each provider was last found, so that a restart does not ask one that said "in an hour".
--
-- The windows are its limits in ascending order of length: `limits` as declared, `limits_now` what the pace makes of them in
-- the long run after it said "too many". Kept by charge_provider() and note_provider(); read it through the view portfoliod.provider_budgets.

CREATE TABLE portfoliod.provider_state (
    provider     text PRIMARY KEY,
    windows_s    integer[] NOT NULL DEFAULT '{}',   -- lengths in seconds, none below a minute
    limits       integer[] NOT NULL DEFAULT '{}',
    limits_now   integer[] NOT NULL DEFAULT '{}',
    paused_until timestamp,                         -- the provider's own wish
    pace         numeric(7,6) NOT NULL DEFAULT 1,   -- share of its speed limits that is used
    failures     integer NOT NULL DEFAULT 0,        -- in a row
    spared_until timestamp,                         -- the circuit breaker is open
    problem      text,                              -- what went wrong last; NULL when all is well
    noted_at     timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    CONSTRAINT provider_state_pace_is_a_share CHECK (pace > 0 AND pace <= 1)
);
