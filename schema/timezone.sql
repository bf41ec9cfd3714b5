-- The database's TimeZone becomes UTC: every TIMESTAMP column is UTC, and psql then shows and reads now() alike. Defaults and
-- triggers do not depend on it. Effective in new sessions. Only the owner of the database may set it: else a warning.

DO $$
BEGIN
    -- only when it differs: the setting is a row of a shared catalog, and two databases being migrated at once would
    -- otherwise collide over nothing
    IF NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                    WHERE d.datname = current_database() AND s.setrole = 0 AND 'TimeZone=UTC' = ANY (s.setconfig)) THEN
        EXECUTE format('ALTER DATABASE %I SET "TimeZone" TO ''UTC''', current_database());
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'the time zone of database % stays as it is; as its owner run: ALTER DATABASE % SET "TimeZone" TO ''UTC'';',
        current_database(), quote_ident(current_database());
END $$;
