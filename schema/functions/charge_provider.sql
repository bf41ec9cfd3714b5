-- charge_provider(provider, windows_s, limits, limits_now, wanted): takes up to `wanted` requests out of every window of a provider, or
-- none when one of them is full or the provider asked for a pause. The caller may send as many, soon, and only after this has
-- been committed to disk. wait_ms: in how long to ask again when nothing was granted. paused_ms, pace: as
-- any daemon noted them last.
-- The row of provider_state is locked first: daemons on one database are charged one after another.
-- A request counts for the window's length, its slot's (it may have been charged at the slot's end), and as long as it may wait to be
-- sent, which the daemon reckons alike (stored_permit_valid(): 1/64 of its shortest window, at least 1.5 s).
-- limits_now, what the daemon's pace makes of them, is kept for people to read.
-- Rows that lie further ahead than their window is long come from a server clock that was wrong, and go.
-- Touches: portfoliod.provider_state, portfoliod.provider_usage.
CREATE OR REPLACE FUNCTION portfoliod.charge_provider(
    provider text, windows_s integer[], limits integer[], limits_now integer[], wanted integer)
RETURNS TABLE (granted integer, wait_ms bigint, paused_ms bigint, pace numeric)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    state portfoliod.provider_state;
    moment timestamp;
    free_at timestamp;
    room integer;
BEGIN
    INSERT INTO portfoliod.provider_state (provider) VALUES (charge_provider.provider) ON CONFLICT DO NOTHING;
    SELECT * INTO state FROM portfoliod.provider_state AS s WHERE s.provider = charge_provider.provider FOR NO KEY UPDATE;
    moment := clock_timestamp() AT TIME ZONE 'UTC';         -- after the lock, which may have been waited for
    UPDATE portfoliod.provider_state AS s
    SET windows_s = charge_provider.windows_s, limits = charge_provider.limits, limits_now = charge_provider.limits_now
    WHERE s.provider = charge_provider.provider
      AND (s.windows_s, s.limits, s.limits_now)
          IS DISTINCT FROM (charge_provider.windows_s, charge_provider.limits, charge_provider.limits_now);
    DELETE FROM portfoliod.provider_usage AS used
    WHERE used.provider = charge_provider.provider
      AND (used.counts_until <= moment OR used.slot > moment + make_interval(secs => used.window_s));

    SELECT least(charge_provider.wanted, min(most.requests - coalesce(used.requests, 0))),
           max(leaving.at)
    INTO room, free_at
    FROM unnest(charge_provider.windows_s, charge_provider.limits) AS most (window_s, requests)
    LEFT JOIN LATERAL (
        SELECT sum(slots.requests)::integer AS requests
        FROM portfoliod.provider_usage AS slots
        WHERE slots.provider = charge_provider.provider AND slots.window_s = most.window_s) AS used ON true
    LEFT JOIN LATERAL (
        -- the first slot with which enough requests will have left for one more
        SELECT min(gone.counts_until) AS at
        FROM (
            SELECT slots.counts_until, sum(slots.requests) OVER (ORDER BY slots.slot) AS requests
            FROM portfoliod.provider_usage AS slots
            WHERE slots.provider = charge_provider.provider AND slots.window_s = most.window_s) AS gone
        WHERE used.requests >= most.requests AND used.requests - gone.requests < most.requests) AS leaving ON true;

    -- A pause that a wrong clock put far ahead is cut, in the row too, to what the daemon would wait at most.
    IF state.paused_until > moment + interval '1 day' THEN
        state.paused_until := moment + interval '1 day';
        UPDATE portfoliod.provider_state AS s SET paused_until = state.paused_until WHERE s.provider = charge_provider.provider;
    END IF;
    paused_ms := coalesce(greatest(0, ceil(1000 * extract(epoch FROM state.paused_until - moment))), 0);
    pace := state.pace;
    granted := CASE WHEN paused_ms > 0 THEN 0 ELSE greatest(0, coalesce(room, wanted)) END;
    wait_ms := CASE WHEN granted > 0 THEN 0
                    ELSE greatest(paused_ms, ceil(1000 * extract(epoch FROM free_at - moment)), 0) END;
    IF granted > 0 THEN
        INSERT INTO portfoliod.provider_usage AS used (provider, window_s, slot, counts_until, requests)
        SELECT charge_provider.provider, w.window_s, now_in.slot,
               now_in.slot + make_interval(secs => w.window_s * (1 + 1 / 128.0) + greatest(w.window_s / 64.0, 1.5)), granted
        FROM unnest(charge_provider.windows_s) AS w (window_s)
        CROSS JOIN LATERAL (SELECT date_bin(make_interval(secs => w.window_s / 128.0), moment, '2000-01-01') AS slot) AS now_in
        ON CONFLICT (provider, window_s, slot) DO UPDATE SET requests = used.requests + excluded.requests;
    END IF;
    RETURN NEXT;
END
$$;
