-- Roles and rights; the last file of the list, so that it covers every function before it.
--
--   portfoliod           the daemon: reads all but users.password_hash, writes derived tables, prices, rates, queues
--   portfolio_app        group for applications: users, portfolios, transactions, assets; enters prices, rates and splits
--   portfolio_readonly   group for reports: reads all but users.password_hash
--
-- The owner is whoever migrates. Roles belong to the whole cluster: one that exists is fine, and without CREATEROLE this
-- prints what to run; the rights of a missing role follow when `migrate` is run again. Positions are written by trigger functions
-- alone, which run with the owner's rights: no role here may write them or attach such a function to a table of its own.

DO $$
DECLARE
    wanted record;
    missing text[] := '{}';
BEGIN
    FOR wanted IN SELECT * FROM (VALUES ('portfoliod', 'LOGIN'), ('portfolio_app', 'NOLOGIN'),
                                        ('portfolio_readonly', 'NOLOGIN')) AS r (name, login)
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name);
        BEGIN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.login);
        EXCEPTION
            -- unique_violation: a migration of another database of the cluster creates it at this moment
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                missing := missing || format('CREATE ROLE %I %s;', wanted.name, wanted.login);
        END;
    END LOOP;
    IF missing <> '{}' THEN
        RAISE WARNING 'no right to create roles; let an administrator run the following and then `portfoliod migrate` again: %',
            array_to_string(missing, ' ');
    END IF;
END $$;

-- EXECUTE is PUBLIC's by default. Taken from all functions, not a list: a new one must not be forgotten.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA portfoliod FROM PUBLIC;

-- PUBLIC's too before PostgreSQL 15. Sessions, the daemon's among them, look for tables and functions there: nobody may put others beside ours.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

DO $$
DECLARE
    grants constant text[] := ARRAY[
        -- everyone: look, but not at password hashes. Column grants, because a table grant cannot leave a column out
        'USAGE ON SCHEMA public, portfoliod TO portfoliod, portfolio_app, portfolio_readonly',
        'SELECT (id, email, created_at, updated_at) ON public.users TO portfoliod, portfolio_app, portfolio_readonly',
        'SELECT ON public.assets, public.asset_prices, public.asset_splits, public.asset_dividends, public.exchange_rates,
            public.portfolios, public.transactions, public.portfolio_positions, public.portfolio_snapshots,
            public.portfolio_performance_cache, public.tracked_assets, public.backfill_queue,
            public.latest_asset_prices, public.latest_exchange_rates, public.open_positions, public.portfolio_overview,
            public.portfolio_problems
            TO portfoliod, portfolio_app, portfolio_readonly',
        'SELECT ON ALL TABLES IN SCHEMA portfoliod TO portfoliod, portfolio_app, portfolio_readonly',

        -- applications: they check passwords, so they read the hash
        'SELECT, INSERT, UPDATE, DELETE ON public.users, public.portfolios, public.transactions, public.assets TO portfolio_app',
        'INSERT, UPDATE ON public.asset_prices, public.exchange_rates, public.asset_splits TO portfolio_app',
        'DELETE ON public.asset_splits TO portfolio_app',       -- a mistyped date cannot be mended otherwise
        'UPDATE (status) ON public.backfill_queue, portfoliod.rate_backfill_queue TO portfolio_app',
        'USAGE ON SEQUENCE public.users_id_seq, public.portfolios_id_seq, public.transactions_id_seq, public.assets_id_seq,
            public.asset_prices_id_seq, public.exchange_rates_id_seq TO portfolio_app',

        -- the daemon
        'INSERT, UPDATE, DELETE ON public.asset_prices, public.asset_splits, public.asset_dividends, public.exchange_rates,
            public.portfolio_snapshots, public.portfolio_performance_cache, public.tracked_assets, public.backfill_queue
            TO portfoliod',
        'INSERT ON public.transactions TO portfoliod',          -- import
        'INSERT, UPDATE ON public.assets TO portfoliod',        -- import-assets
        'UPDATE (created_at) ON public.portfolios TO portfoliod', -- it never does: the right to lock the rows it values
        'INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA portfoliod TO portfoliod',
        'USAGE ON ALL SEQUENCES IN SCHEMA public TO portfoliod',
        'USAGE ON ALL SEQUENCES IN SCHEMA portfoliod TO portfoliod',
        'EXECUTE ON ALL FUNCTIONS IN SCHEMA portfoliod TO portfoliod',
        -- fetched rows are staged in temporary tables
        format('TEMPORARY ON DATABASE %I TO portfoliod', current_database())];
    line text;
BEGIN
    IF 3 > (SELECT count(*) FROM pg_roles WHERE rolname IN ('portfoliod', 'portfolio_app', 'portfolio_readonly')) THEN
        RETURN;                 -- the warning above says what is missing
    END IF;
    FOREACH line IN ARRAY grants LOOP
        EXECUTE 'GRANT ' || line;
    END LOOP;
    -- A trigger function fires without EXECUTE, which is the right to attach it to a table of one's own.
    FOR line IN SELECT oid::regprocedure FROM pg_proc
                 WHERE pronamespace = 'portfoliod'::regnamespace AND prorettype = 'trigger'::regtype
    LOOP
        EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || line || ' FROM portfoliod';
    END LOOP;
    -- what is applied is no one else's to change
    REVOKE INSERT, UPDATE, DELETE ON portfoliod.schema_migrations FROM portfoliod;
END $$;
