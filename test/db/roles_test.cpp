#include "bus/drain.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

using namespace portfoliod;
using namespace std::chrono_literals;

// Who may do what.

namespace {

/// Portfolio 1 of Ann holds 10 of asset 1.
struct Ledger : test::Database {
    Ledger() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        test::buy(*this, 1, 1, "10", "100", "2026-01-10");
    }
};

/// A session with a role's rights.
class Actor {
  public:
    explicit Actor(std::string const& url) : session_({url, "test"}) {}

    Actor(test::Database& database, std::string const& role) : session_({database.url(), "test"}) {
        auto transaction = session_.begin();
        transaction.execute_script("SET ROLE " + role);
        transaction.commit();
    }

    /// What the server says to it; "" when it is done.
    std::string attempt(std::string const& script) {
        try {
            auto transaction = session_.begin();
            transaction.execute_script(script);
            transaction.commit();
        } catch (db::Error const& e) {
            return e.what();
        }
        return "";
    }

    bool denied(std::string const& script) {
        auto const said = attempt(script);
        INFO(script, ": ", said);
        return std::ranges::any_of(
            std::array{"permission denied", "must be owner", "must be superuser",
                       "must be a superuser", "must have admin option", "must be able to SET ROLE",
                       "must be a member", "must be member", "Only roles with"},
            [&](auto const* const words) { return said.find(words) != std::string::npos; });
    }

  private:
    db::Session session_;
};

char const* const roles[] = {"portfoliod", "portfolio_app", "portfolio_readonly"};

} // namespace

TEST_CASE("an application may enter users, portfolios, assets, trades, prices, rates, splits, and "
          "retry jobs") {
    Ledger ledger;
    ledger.run("INSERT INTO backfill_queue (asset_id, start_date, end_date, status) VALUES "
               "(1, '2026-01-01', '2026-01-31', 'failed')");
    ledger.run(
        "INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date, status) "
        "VALUES ('EUR', '2026-01-01', '2026-01-31', 'failed')");
    Actor app{ledger, "portfolio_app"};
    char const* const allowed[] = {
        "INSERT INTO users (email, password_hash) VALUES ('bob@example.org', 'secret')",
        "SELECT password_hash FROM users; UPDATE users SET password_hash = 'other' WHERE id = 2",
        "INSERT INTO portfolios (user_id, name) VALUES (2, 'savings')",
        "UPDATE portfolios SET currency = 'EUR' WHERE id = 2",
        "INSERT INTO assets (symbol, name, asset_type, native_currency) VALUES ('X', 'x', 'bond', "
        "'USD')",
        "UPDATE assets SET is_active = false WHERE id = 2",
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
        "timestamp) "
        "VALUES (1, 1, 'sell', 1, 1, '2026-02-01'), (2, 2, 'buy', 1, 1, '2026-02-01')",
        "UPDATE transactions SET price = 5 WHERE portfolio_id = 2",
        "DELETE FROM transactions WHERE portfolio_id = 2",
        "INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (1, '2026-02-01', 5)",
        "UPDATE asset_prices SET close = 6",
        "INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES ('EUR', 1, "
        "'2026-02-01')",
        "UPDATE exchange_rates SET rate_to_usd = 1.1",
        "INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES (1, "
        "'2026-03-01', 2, "
        "1)",
        "UPDATE asset_splits SET numerator = 3; DELETE FROM asset_splits",
        "UPDATE backfill_queue SET status = 'pending'",
        "UPDATE portfoliod.rate_backfill_queue SET status = 'pending'",
        "SELECT * FROM open_positions; SELECT * FROM portfolio_overview; SELECT * FROM "
        "portfolio_problems",
        "SELECT * FROM latest_asset_prices; SELECT * FROM latest_exchange_rates",
        "SELECT * FROM search_assets('tsla')",
        "DELETE FROM portfolios WHERE id = 2; DELETE FROM users WHERE id = 2",
        "DELETE FROM assets WHERE id = 2",
    };
    for (auto const* const statement : allowed) {
        CAPTURE(std::string{statement});
        CHECK(app.attempt(statement) == "");
    }
    CHECK(test::position(ledger, 1, 1) == "9 100 2026-01-10");
}

TEST_CASE("an application cannot write what is derived, whatever it tries") {
    Ledger ledger;
    Actor app{ledger, "portfolio_app"};
    for (auto const* const table :
         {"portfolio_positions", "portfolio_performance_cache", "portfolio_snapshots",
          "tracked_assets", "asset_dividends", "portfoliod.pending_changes",
          "portfoliod.price_coverage", "portfoliod.rate_coverage", "portfoliod.quarantine",
          "portfoliod.schema_migrations", "portfoliod.ledger_checkpoints", "backfill_queue",
          "portfoliod.rate_backfill_queue"}) {
        CAPTURE(std::string{table});
        CHECK(app.denied(std::string{"INSERT INTO "} + table + " SELECT * FROM " + table));
        CHECK(app.denied(std::string{"DELETE FROM "} + table));
        CHECK(app.denied(std::string{"TRUNCATE "} + table));
    }
    for (auto const* const statement :
         {"UPDATE portfolio_positions SET quantity = 1000000",
          "UPDATE portfolio_performance_cache SET current_value_usd = 0",
          "UPDATE portfolio_snapshots SET total_value_usd = 0",
          "UPDATE tracked_assets SET tracking_users = 0", "UPDATE backfill_queue SET attempts = 0",
          "UPDATE backfill_queue SET lease_token = NULL", "DELETE FROM asset_prices",
          "DELETE FROM exchange_rates", "TRUNCATE transactions",
          "ALTER TABLE transactions DISABLE TRIGGER ALL", "SET session_replication_role TO replica",
          "DROP TRIGGER transaction_created_trigger ON transactions",
          "CREATE TABLE public.mine (n int)",
          "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1",
          "CREATE FUNCTION portfoliod.mine() RETURNS int LANGUAGE sql RETURN 1"}) {
        CAPTURE(std::string{statement});
        CHECK(app.denied(statement));
    }
    CHECK(test::position(ledger, 1, 1) == "10 100 2026-01-10");
}

TEST_CASE("who may write which table, sequence and column, is what the docs say and nothing else") {
    Ledger ledger;
    // Partitions too: whoever may write one writes past the triggers of the whole table.
    auto const writable = [&](std::string const& role) {
        return ledger.value(
            "SELECT coalesce(string_agg(c.oid::regclass || ': ' || rights, '; ' ORDER BY "
            "c.oid::regclass::text COLLATE \"C\"), 'none') FROM pg_class c CROSS JOIN LATERAL "
            "(SELECT "
            "string_agg(r, ' ' ORDER BY r) AS rights FROM unnest(CASE c.relkind WHEN 'S' THEN "
            "ARRAY['UPDATE', 'USAGE'] ELSE ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', "
            "'REFERENCES', 'TRIGGER'] END) AS r WHERE CASE c.relkind WHEN 'S' THEN "
            "has_sequence_privilege($1, c.oid, r) ELSE has_table_privilege($1, c.oid, r) END) AS "
            "has "
            "WHERE c.relnamespace IN ('public'::regnamespace, 'portfoliod'::regnamespace) AND "
            "c.relkind IN ('r', 'p', 'v', 'S') AND rights IS NOT NULL",
            {role});
    };
    CHECK(
        writable("portfolio_app") ==
        "asset_prices: INSERT UPDATE; asset_prices_id_seq: USAGE; asset_splits: DELETE INSERT "
        "UPDATE; assets: DELETE INSERT UPDATE; assets_id_seq: USAGE; exchange_rates: INSERT "
        "UPDATE; "
        "exchange_rates_id_seq: USAGE; portfolios: DELETE INSERT UPDATE; portfolios_id_seq: USAGE; "
        "transactions: DELETE INSERT UPDATE; transactions_id_seq: USAGE; users: DELETE INSERT "
        "UPDATE; users_id_seq: USAGE");
    CHECK(writable("portfolio_readonly") == "none");
    auto const columns = [&](std::string const& role) {
        return ledger.value(
            "SELECT string_agg(c.oid::regclass || '.' || a.attname, ' ' ORDER BY "
            "c.oid::regclass::text) "
            "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace IN "
            "('public'::regnamespace, 'portfoliod'::regnamespace) WHERE a.attnum > 0 AND NOT "
            "a.attisdropped AND c.relkind IN ('r', 'p', 'v') AND has_column_privilege($1, c.oid, "
            "a.attnum, 'UPDATE') AND NOT has_table_privilege($1, c.oid, 'UPDATE')",
            {role});
    };
    CHECK(columns("portfolio_app") ==
          "backfill_queue.status portfoliod.rate_backfill_queue.status");
    CHECK(columns("portfolio_readonly") == "NULL");
    // What everybody may call in our schemas.
    CHECK(ledger.value("SELECT string_agg(p.proname, ' ') FROM pg_proc p WHERE p.pronamespace IN "
                       "('public'::regnamespace, 'portfoliod'::regnamespace) AND "
                       "has_function_privilege('portfolio_app', p.oid, 'execute')") ==
          "search_assets");
}

TEST_CASE("an application gains nothing by going around: other roles, files, programs, rules, "
          "triggers, partitions, constraints, settings") {
    Ledger ledger;
    ledger.run("CREATE SCHEMA evil AUTHORIZATION portfolio_app");
    Actor app{ledger, "portfolio_app"};
    REQUIRE(app.attempt("CREATE FUNCTION evil.lie() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                        "RETURN NULL; END $$") == "");
    for (auto const* const statement :
         {"CREATE ROLE mine",
          "ALTER ROLE portfolio_app SUPERUSER",
          "GRANT portfoliod TO portfolio_app",
          "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO portfolio_app",
          "COPY assets TO PROGRAM 'true'",
          "COPY assets FROM PROGRAM 'true'",
          "COPY assets TO '/nowhere/of-an-application'",
          "SELECT pg_read_file('postgresql.conf')",
          "SELECT pg_ls_dir('.')",
          "SELECT lo_import('/etc/hostname')",
          "SELECT pg_reload_conf()",
          "CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION evil.lie()",
          "CREATE TRIGGER t BEFORE INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION evil.lie()",
          "CREATE TRIGGER mine BEFORE UPDATE ON assets FOR EACH ROW EXECUTE FUNCTION evil.lie()",
          "CREATE RULE mine AS ON INSERT TO transactions DO INSTEAD NOTHING",
          "ALTER TABLE transactions DISABLE TRIGGER USER",
          "ALTER TABLE transactions DISABLE TRIGGER transaction_created_trigger",
          "ALTER TABLE transactions ENABLE REPLICA TRIGGER transaction_created_trigger",
          "ALTER TABLE transactions OWNER TO portfolio_app",
          "ALTER TABLE transactions DROP CONSTRAINT transactions_pkey",
          "ALTER TABLE asset_prices DETACH PARTITION asset_prices_2026",
          "CREATE TABLE evil.prices PARTITION OF asset_prices DEFAULT",
          "CREATE TABLE evil.heir () INHERITS (portfolio_positions)",
          "CREATE TABLE evil.blocker (id int REFERENCES portfolios)",
          "CREATE INDEX ON portfolio_positions (quantity)",
          "CREATE STATISTICS evil.mine ON quantity, asset_id FROM portfolio_positions",
          "ALTER FUNCTION public.notify_transaction_created() SECURITY INVOKER",
          "ALTER FUNCTION public.notify_transaction_created() SET search_path TO evil",
          "ALTER FUNCTION public.search_assets(text) RENAME TO mine",
          "CREATE OR REPLACE VIEW public.open_positions AS SELECT 1 AS n",
          "DROP TABLE portfolio_positions",
          "DROP SCHEMA portfoliod CASCADE",
          "ALTER SCHEMA portfoliod RENAME TO evil2",
          "ALTER DATABASE postgres SET search_path TO evil",
          "LOCK TABLE portfolio_positions IN EXCLUSIVE MODE",
          "SELECT setval('transactions_id_seq', 1)",
          "SELECT * FROM portfolio_positions FOR UPDATE",
          "INSERT INTO asset_prices_2026 (asset_id, timestamp, close) VALUES (1, '2026-02-01', 5)",
          "UPDATE asset_prices_2026 SET close = 5",
          "SELECT * FROM pg_statistic",
          "SELECT * FROM pg_authid",
          "SELECT pg_stat_reset()"}) {
        CAPTURE(std::string{statement});
        CHECK(app.denied(statement));
    }
    // Where a grant is refused with a warning only, nothing was granted.
    app.attempt("GRANT INSERT ON portfolio_positions TO portfolio_app");
    CHECK(ledger.value("SELECT has_table_privilege('portfolio_app', 'portfolio_positions', "
                       "'insert')") == "f");
    CHECK(test::position(ledger, 1, 1) == "10 100 2026-01-10");
}

TEST_CASE("whoever logs in as a member of the application's role becomes nobody else") {
    Ledger ledger;
    ledger.run(
        "DO $$ BEGIN CREATE ROLE clerk_of_an_application LOGIN IN ROLE portfolio_app; EXCEPTION "
        "WHEN duplicate_object OR unique_violation THEN NULL; END $$");
    auto url = ledger.url();
    url.replace(url.find("user=postgres"), 13, "user=clerk_of_an_application");
    Actor clerk{url};
    for (auto const& statement :
         {std::string{"SET ROLE portfoliod"}, std::string{"SET ROLE postgres"},
          std::string{"SET SESSION AUTHORIZATION postgres"},
          std::string{"SET session_replication_role TO replica"},
          std::string{"SET log_min_messages TO panic"},
          "SELECT pg_terminate_backend(" + ledger.value("SELECT pg_backend_pid()") + ")"}) {
        CAPTURE(statement);
        CHECK(clerk.denied(statement));
    }
    CHECK(ledger.run("SELECT 1").size() == 1); // still connected
}

TEST_CASE("what an application calls its things is text to the triggers, whatever it looks like") {
    Ledger ledger;
    Actor app{ledger, "portfolio_app"};
    std::string const name = "'; DROP TABLE users; -- %s %I $1";
    ledger.run("UPDATE portfolios SET name = $1", {name});
    ledger.run("UPDATE assets SET symbol = $1", {name});
    auto const said =
        app.attempt("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                    "price, timestamp) VALUES (1, 1, 'sell', 11, 1, '2026-02-10')");
    CHECK_MESSAGE(said.find("portfolio 1 \"" + name + "\", " + name + ": 11 sold") !=
                      std::string::npos,
                  said);
    CHECK(
        app.attempt("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                    "price, timestamp, external_id, notes) VALUES (1, 1, 'sell', 1, 1, "
                    "'2026-02-10', '$$; SELECT', 'x'' || now() || ''y')") == "");
    CHECK(test::position(ledger, 1, 1) == "9 100 2026-01-10");
    CHECK(ledger.value("SELECT count(*) FROM users") == "1");
}

TEST_CASE("an application can neither call nor attach a function of the daemon's") {
    Ledger ledger;
    CHECK(ledger.value(
              "SELECT coalesce(string_agg(role || ' ' || p.oid::regprocedure, ', '), 'none') "
              "FROM pg_proc p, unnest(ARRAY['portfolio_app', 'portfolio_readonly']) AS role "
              "WHERE (p.pronamespace = 'portfoliod'::regnamespace OR (p.pronamespace = "
              "'public'::regnamespace AND p.prorettype = 'trigger'::regtype)) "
              "AND has_function_privilege(role, p.oid, 'execute')") == "none");
    Actor app{ledger, "portfolio_app"};
    CHECK(app.denied("SELECT portfoliod.repair_position(1, 1)"));
    CHECK(app.denied("SELECT portfoliod.ensure_price_partition(1950)"));
    CHECK(app.denied("SELECT * FROM portfoliod.take_changes(10)"));
    CHECK(app.denied(
        "SELECT * FROM portfoliod.take_changes_with_inputs(10, '2026-11-24', '2026-11-24')"));
    CHECK(app.denied(
        "SELECT portfoliod.settle_positions(ARRAY[1], ARRAY[1], ARRAY[now()::timestamp])"));
    // On a table of its own, shaped like transactions: the way to write positions with the owner's
    // rights.
    for (auto const* const function :
         {"public.notify_transaction_created()",
          "portfoliod.notify_transaction_changed('transaction_updated')",
          "portfoliod.clear_positions()", "portfoliod.notify_splits_changed()"}) {
        CAPTURE(function);
        CHECK(app.denied(
            std::string{"CREATE TEMPORARY TABLE mine (LIKE public.transactions); CREATE TRIGGER t "
                        "AFTER INSERT ON mine REFERENCING NEW TABLE AS new_rows "
                        "FOR EACH STATEMENT EXECUTE FUNCTION "} +
            function));
    }
}

TEST_CASE("tables and functions shadowed through search_path do not lead the triggers astray") {
    Ledger ledger;
    ledger.run("CREATE SCHEMA evil AUTHORIZATION portfolio_app");
    Actor app{ledger, "portfolio_app"};
    CHECK(app.attempt(R"(
        CREATE FUNCTION evil.fail() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'led astray'; END $$;
        CREATE FUNCTION evil.pg_notify(text, text) RETURNS text LANGUAGE sql RETURN evil.fail();
        CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql RETURN evil.fail()::timestamptz;
        CREATE FUNCTION evil.trim_scale(numeric) RETURNS numeric LANGUAGE sql RETURN evil.fail()::numeric;
        CREATE FUNCTION evil.times(numeric, numeric) RETURNS numeric LANGUAGE sql
            RETURN evil.fail()::numeric;
        CREATE OPERATOR evil.* (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = evil.times);
        CREATE TABLE evil.portfolio_positions (LIKE public.portfolio_positions);
        CREATE TABLE evil.transactions (LIKE public.transactions);
        CREATE TEMPORARY TABLE portfolio_positions (LIKE public.portfolio_positions);
        CREATE TEMPORARY TABLE asset_splits (LIKE public.asset_splits);
        CREATE TEMPORARY TABLE new_rows (LIKE public.transactions);
        INSERT INTO pg_temp.asset_splits VALUES (1, '2020-01-01', 1000, 1);
    )") == "");
    CHECK(app.attempt("SET search_path TO evil, pg_temp, pg_catalog, public; "
                      "INSERT INTO public.transactions (portfolio_id, asset_id, transaction_type, "
                      "quantity, price, timestamp) VALUES (1, 1, 'buy', 10, 200, '2026-02-10'); "
                      "INSERT INTO public.transactions (portfolio_id, asset_id, transaction_type, "
                      "quantity, price, timestamp) VALUES (1, 1, 'buy', 10, 300, '2026-01-01'); "
                      "UPDATE public.transactions SET price = 400 WHERE price = 300; "
                      "DELETE FROM public.transactions WHERE price = 200; "
                      "INSERT INTO public.asset_splits (asset_id, ex_date, numerator, denominator) "
                      "VALUES (1, '2026-03-01', 2, 1); "
                      "INSERT INTO public.asset_prices (asset_id, timestamp, close) "
                      "VALUES (1, '2026-03-02', 7); UPDATE public.asset_prices SET close = 8; "
                      "INSERT INTO public.exchange_rates (currency_code, rate_to_usd, timestamp) "
                      "VALUES ('EUR', 7, '2026-03-02'); DELETE FROM public.asset_splits; "
                      "INSERT INTO public.asset_splits (asset_id, ex_date, numerator, denominator) "
                      "VALUES (1, '2026-03-01', 2, 1); "
                      "SELECT count(*) FROM public.search_assets('TSLA')") == "");
    CHECK(test::position(ledger, 1, 1) == "40 125 2026-01-01");
    CHECK(ledger.value("SELECT count(*) FROM evil.portfolio_positions") == "0");
}

TEST_CASE("a reader reads everything but password hashes and writes nothing") {
    Ledger ledger;
    Actor reader{ledger, "portfolio_readonly"};
    for (auto const* const table : {"assets",
                                    "asset_prices",
                                    "asset_splits",
                                    "asset_dividends",
                                    "exchange_rates",
                                    "portfolios",
                                    "transactions",
                                    "portfolio_positions",
                                    "portfolio_snapshots",
                                    "portfolio_performance_cache",
                                    "tracked_assets",
                                    "backfill_queue",
                                    "latest_asset_prices",
                                    "latest_exchange_rates",
                                    "open_positions",
                                    "portfolio_overview",
                                    "portfolio_problems",
                                    "portfoliod.pending_changes",
                                    "portfoliod.quarantine",
                                    "portfoliod.rate_backfill_queue"}) {
        CAPTURE(std::string{table});
        CHECK(reader.attempt(std::string{"SELECT * FROM "} + table) == "");
        // Of a view the server first says that it cannot be written at all.
        CHECK(reader.attempt(std::string{"DELETE FROM "} + table) != "");
        CHECK(reader.attempt(std::string{"INSERT INTO "} + table + " DEFAULT VALUES") != "");
    }
    CHECK(reader.attempt("SELECT id, email, created_at FROM users") == "");
    CHECK(reader.denied("SELECT password_hash FROM users"));
    CHECK(reader.denied("SELECT * FROM users"));
    CHECK(reader.denied("SELECT users FROM users"));
    // Nor by a question about it, a copy, or what the server noted of it.
    ledger.run("ANALYZE users");
    CHECK(reader.denied("SELECT count(*) FROM users WHERE password_hash LIKE 'x%'"));
    CHECK(reader.denied("SELECT id FROM users ORDER BY password_hash"));
    CHECK(reader.denied("COPY users TO STDOUT"));
    CHECK(reader.denied("CREATE TEMPORARY TABLE mine AS TABLE users"));
    CHECK(reader.attempt("DO $$ BEGIN IF EXISTS (SELECT FROM pg_stats WHERE attname = "
                         "'password_hash') THEN RAISE 'seen'; END IF; END $$") == "");
    CHECK(reader.denied("UPDATE backfill_queue SET status = 'pending'"));
    CHECK(reader.denied("SELECT nextval('transactions_id_seq')"));
}

TEST_CASE("no role of ours is more than it seems") {
    Ledger ledger;
    for (auto const* const role : roles) {
        CAPTURE(std::string{role});
        CHECK(
            ledger.value(
                "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication "
                "FROM pg_roles WHERE rolname = $1",
                {role}) == "f");
        CHECK(ledger.value("SELECT count(*) FROM pg_class WHERE relowner = $1::regrole", {role}) ==
              "0");
        CHECK(ledger.value("SELECT has_schema_privilege($1, 'public', 'create') "
                           "OR has_schema_privilege($1, 'portfoliod', 'create') "
                           "OR has_database_privilege($1, current_database(), 'create')",
                           {role}) == "f");
    }
    CHECK(ledger.value(
              "SELECT string_agg(rolname || rolcanlogin, ' ' ORDER BY rolname) FROM pg_roles "
              "WHERE rolname LIKE 'portfolio%'") ==
          "portfolio_appfalse portfolio_readonlyfalse portfoliodtrue");
    // Every function that runs with its owner's rights has a search_path of its own.
    CHECK(ledger.value(
              "SELECT coalesce(string_agg(oid::regprocedure::text, ', '), 'none') FROM pg_proc "
              "WHERE prosecdef AND pronamespace IN ('public'::regnamespace, "
              "'portfoliod'::regnamespace) AND NOT coalesce('search_path=pg_catalog, pg_temp' "
              "= ANY (proconfig), false)") == "none");
}

TEST_CASE("the daemon can neither read password hashes, nor write the ledger's past, nor define "
          "anything") {
    Ledger ledger;
    Actor daemon{ledger, "portfoliod"};
    for (auto const* const statement :
         {"SELECT password_hash FROM users",
          "SELECT * FROM users",
          "UPDATE users SET email = 'x'",
          "INSERT INTO users (email, password_hash) VALUES ('x', 'x')",
          "UPDATE transactions SET price = 1",
          "DELETE FROM transactions",
          "DELETE FROM portfolios",
          "UPDATE portfolios SET name = 'x'",
          "DELETE FROM assets",
          "UPDATE portfolio_positions SET quantity = 0",
          "INSERT INTO portfolio_positions SELECT * FROM portfolio_positions",
          "DELETE FROM portfolio_positions",
          "CREATE TABLE public.mine (n int)",
          "CREATE TABLE portfoliod.mine (n int)",
          "CREATE SCHEMA mine",
          "DROP TABLE asset_prices_2001",
          "ALTER TABLE asset_prices ADD COLUMN n int",
          "CREATE TABLE asset_prices_others PARTITION OF asset_prices DEFAULT",
          "UPDATE portfoliod.schema_migrations SET checksum = ''",
          "TRUNCATE portfoliod.pending_changes"}) {
        CAPTURE(std::string{statement});
        CHECK(daemon.denied(statement));
    }
}

TEST_CASE("nobody but the owner can attach a trigger function, the daemon neither") {
    Ledger ledger;
    CHECK(ledger.value("SELECT coalesce(string_agg(p.oid::regprocedure::text, ', '), 'none') FROM "
                       "pg_proc p WHERE p.pronamespace = 'portfoliod'::regnamespace AND "
                       "p.prorettype = 'trigger'::regtype AND "
                       "has_function_privilege('portfoliod', p.oid, 'execute')") == "none");
    Actor daemon{ledger, "portfoliod"};
    CHECK(daemon.denied("CREATE TEMP TABLE t (x int); CREATE TRIGGER b AFTER TRUNCATE ON t EXECUTE "
                        "FUNCTION portfoliod.clear_positions(); TRUNCATE t"));
}

TEST_CASE("a type of one's own called text does not make a purchase of what is none") {
    Ledger ledger;
    Actor app{ledger, "portfolio_app"};
    auto const before = ledger.value("SELECT count(*) FROM transactions");
    CHECK(app.attempt("CREATE COLLATION pg_temp.ci (provider = icu, locale = 'und-u-ks-level2', "
                      "deterministic = "
                      "false); CREATE DOMAIN pg_temp.text AS pg_catalog.text COLLATE pg_temp.ci; "
                      "INSERT INTO "
                      "transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
                      "timestamp) "
                      "VALUES "
                      "(1, 1, 'BUY', 1, 1, '2026-02-01')")
              .find("it must be 'buy' or 'sell'") != std::string::npos);
    CHECK(ledger.value("SELECT count(*) FROM transactions") == before);
}

TEST_CASE("the daemon can do everything it does with its own role alone") {
    Ledger ledger;
    test::buy(ledger, 1, test::add_asset(ledger, "SAP", "stock", "XETRA", "EUR"), "1", "100",
              "1999-05-05");
    {
        auto url = ledger.url();
        url.replace(url.find("user=postgres"), 13, "user=portfoliod");
        db::Session session{{url, "test"}};
        auto transaction = session.begin();
        auto const done = bus::drain_batch(transaction, Day{2026y / 11 / 23}, {});
        transaction.commit();
        CHECK(done.rows == 2);
        CHECK(done.portfolios == 1);
    }
    CHECK(ledger.value("SELECT string_agg(tracking_users::text, ' ') FROM tracked_assets") ==
          "1 1");
    CHECK(ledger.value("SELECT count(*) FROM portfolio_performance_cache") == "1");
    Actor daemon{ledger, "portfoliod"};
    for (auto const* const work :
         {"SELECT pg_try_advisory_lock(7001, 1); SELECT pg_advisory_unlock(7001, 1); LISTEN "
          "transaction_created",
          // a finished year without a partition
          "SELECT portfoliod.prepare_staging(); INSERT INTO price_staging (asset_id, price_date, "
          "close, "
          "source) VALUES (2, '1998-05-05', 90, 'yahoo'); SELECT portfoliod.merge_prices(true, "
          "'2024-11-23'); INSERT INTO rate_staging VALUES ('EUR', '2026-01-05', 1.1, 'ecb'); "
          "SELECT portfoliod.merge_rates()",
          "SELECT portfoliod.complete_backfill(job_id, token, NULL, end_date, 1, '2026-11-23') "
          "FROM portfoliod.claim_backfill('1 min', '{}', '{}')",
          "SELECT portfoliod.put_off_backfill('backfill_queue', ARRAY[job_id], token, 'transient', "
          "'1 min', "
          "'503') FROM portfoliod.claim_backfill('1 min', '{}', '{}')",
          "SELECT portfoliod.complete_rate_backfill(job_id, token, NULL, end_date, 1, "
          "'2026-11-23') "
          "FROM portfoliod.claim_rate_backfill('1 min', 1)",
          "UPDATE backfill_queue SET status = 'pending' WHERE status = 'completed'",
          "SELECT portfoliod.request_missing_rates(NULL, '2026-11-24', 5)",
          "SELECT portfoliod.request_missing_history(NULL, '2026-11-24', '1 year', 5)",
          "SELECT portfoliod.recount_tracked_assets(ARRAY[1, 2])",
          "SELECT portfoliod.next_backfill_in(); SELECT portfoliod.revive_failed_jobs()",
          "SELECT portfoliod.come_back_to(ARRAY[1], ARRAY[2], 'infinity')",
          "SELECT portfoliod.store_events(1, 'yahoo', '[{\"ex_date\": \"2026-03-02\", "
          "\"numerator\": 2, "
          "\"denominator\": 1}]', '[{\"ex_date\": \"2026-03-02\", \"amount\": 1}]')",
          "SELECT * FROM portfoliod.take_changes(100)",
          "SELECT * FROM portfoliod.take_changes_with_inputs(100, '2026-11-24', '2026-11-24')",
          "SELECT * FROM portfoliod.valuation_inputs(ARRAY[1], '2026-11-24')",
          "SELECT portfoliod.store_checkpoints('[]')",
          "SELECT portfoliod.forget_checkpoints(ARRAY[1], ARRAY['EUR'], ARRAY['2026-11-24'::date])",
          "SELECT portfoliod.store_performance('[{\"portfolio_id\": 1, \"current_value_usd\": 7, "
          "\"total_invested_usd\": 5, \"status\": \"final\"}]')",
          "SELECT portfoliod.note_quotes(ARRAY[1], '2026-11-24')",
          "SELECT * FROM portfoliod.quotable_assets(); SELECT * FROM "
          "portfoliod.currencies_in_use()",
          "SELECT portfoliod.apply_due_splits(); SELECT portfoliod.repair_position(1, 1)",
          "SELECT portfoliod.upkeep('2026-11-23', '7 days', '2024-11-23')",
          "INSERT INTO asset_splits VALUES (1, '2026-03-01', 2, 1, 'yahoo')",
          "INSERT INTO asset_dividends VALUES (1, '2026-03-01', 2, 'USD', 'yahoo')",
          "INSERT INTO portfoliod.quarantine (asset_id, price_date, value, reason) VALUES (1, "
          "'2026-03-01', 2, "
          "'jump'); SELECT portfoliod.accept(id) FROM portfoliod.quarantine",
          "SELECT portfoliod.prepare_asset_staging(); SELECT "
          "portfoliod.check_staged_assets(true), portfoliod.check_staged_assets(false); "
          "SELECT portfoliod.merge_assets()",
          "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
          "timestamp) "
          "VALUES (1, 1, 'buy', 1, 1, '2026-05-01')",
          "INSERT INTO portfolio_snapshots (portfolio_id, total_value_usd, snapshot_date, "
          "positions_snapshot) "
          "VALUES (1, 0, '2026-01-01', '[]'); DELETE FROM portfolio_snapshots"}) {
        CAPTURE(std::string{work});
        CHECK(daemon.attempt(work) == "");
    }
    CHECK(ledger.value("SELECT tableoid::regclass FROM asset_prices WHERE asset_id = 2") ==
          "asset_prices_1998");
    CHECK(ledger.value("SELECT current_value_usd FROM portfolio_performance_cache") == "7.00");
    CHECK(ledger.value(
              "SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'portfoliod'::regnamespace "
              "AND p.prorettype <> 'trigger'::regtype AND NOT has_function_privilege('portfoliod', "
              "p.oid, 'execute')") == "0");
}
