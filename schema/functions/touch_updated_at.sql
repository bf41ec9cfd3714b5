-- portfoliod.touch_updated_at(): trigger function, before UPDATE: updated_at := now in UTC. Touches only NEW.

CREATE OR REPLACE FUNCTION portfoliod.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.updated_at := now() AT TIME ZONE 'UTC';
    RETURN NEW;
END $$;
