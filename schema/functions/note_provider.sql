-- note_provider(provider, paused, pace, failures, spared, problem): writes down how a daemon found a provider. Of several wishes to be
-- left alone the longest holds; pace and breaker are those of the daemon that said so last.
-- Touches: portfoliod.provider_state.
CREATE OR REPLACE FUNCTION portfoliod.note_provider(
    provider text, paused interval, pace numeric, failures integer, spared interval, problem text)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    INSERT INTO portfoliod.provider_state AS state (provider, paused_until, pace, failures, spared_until, problem)
    VALUES (note_provider.provider, (now() AT TIME ZONE 'UTC') + nullif(paused, interval '0'), note_provider.pace,
            note_provider.failures, (now() AT TIME ZONE 'UTC') + nullif(spared, interval '0'), nullif(note_provider.problem, ''))
    ON CONFLICT (provider) DO UPDATE
    SET paused_until = greatest(state.paused_until, excluded.paused_until),
        pace = excluded.pace, failures = excluded.failures, spared_until = excluded.spared_until,
        problem = excluded.problem, noted_at = now() AT TIME ZONE 'UTC';
END;
