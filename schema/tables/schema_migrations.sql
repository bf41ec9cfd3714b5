-- portfoliod.schema_migrations: which files of install.list this database has seen, and with which content.
--
-- The first file of the list: it also creates the schema that keeps the daemon's own tables apart from the
-- user's. `migrate` reads it under its advisory lock, skips the `once` files recorded here, refuses one whose
-- checksum has changed since (an edited migration would leave old and new databases different), and runs
-- the repeatable ones again. Safe to repeat itself, because `migrate` must read the table before it knows anything.

CREATE SCHEMA IF NOT EXISTS portfoliod;

CREATE TABLE IF NOT EXISTS portfoliod.schema_migrations (
    file       text PRIMARY KEY,               -- path as written in install.list
    version    int,                            -- number of the migration; NULL = repeatable (function, view, trigger, roles)
    checksum   text NOT NULL,
    applied_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);

COMMENT ON TABLE portfoliod.schema_migrations IS 'files of install.list applied to this database, with checksums';
