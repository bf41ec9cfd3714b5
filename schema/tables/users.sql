-- users: who owns portfolios.
--
-- The daemon counts users and reads their e-mail for portfolio_overview; it may never read password_hash
-- (column grants in roles.sql). Timestamps are UTC whatever the session's TimeZone says: CURRENT_TIMESTAMP
-- stored in a TIMESTAMP would be local time.

CREATE TABLE public.users (
    id            SERIAL PRIMARY KEY,
    email         VARCHAR(255) UNIQUE NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    created_at    TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'),
    updated_at    TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC')    -- kept by users_touch
);
