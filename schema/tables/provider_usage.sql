-- portfoliod.provider_usage: how many requests each provider was sent, or may be sent, in every 1/128 of each of its windows.
--
-- Written before a request is sent (charge_provider()), by all daemons and commands that ask providers. Each window has slots of its
-- own, so that a month of requests is 130 rows and not ten thousand.

CREATE TABLE portfoliod.provider_usage (
    provider     text NOT NULL REFERENCES portfoliod.provider_state (provider) ON DELETE CASCADE,
    window_s     integer NOT NULL,
    slot         timestamp NOT NULL,                -- where the slot begins
    counts_until timestamp NOT NULL,                -- when its requests have left the window
    requests     integer NOT NULL,
    PRIMARY KEY (provider, window_s, slot)
);
