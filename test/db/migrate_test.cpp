#include "service/migrate.hpp"
#include "support/database.hpp"

#include <doctest/doctest.h>

#include <future>
#include <vector>

using namespace portfoliod;

namespace {

/// An empty database: the schema is dropped from a copy.
struct Empty : test::Database {
    Empty() {
        auto transaction = session().begin();
        transaction.execute_script("DROP SCHEMA portfoliod CASCADE; DROP SCHEMA public CASCADE; "
                                   "CREATE SCHEMA public");
        transaction.commit();
    }
};

std::string failure_of(db::Session& session, std::span<service::SchemaFile const> files) {
    try {
        service::migrate(session, files);
    } catch (Failure const& e) {
        return e.what();
    }
    return "";
}

} // namespace

TEST_CASE("migrating an empty database makes the schema, and a second time does nothing") {
    Empty database;
    auto const first = service::migrate(database.session(), service::schema_files());
    CHECK(first.once > 15);
    CHECK(first.repeated > 40);
    auto const second = service::migrate(database.session(), service::schema_files());
    CHECK(second.once == 0);
    CHECK(second.repeated == 0);
    CHECK(database.value("SELECT count(*) FROM transactions") == "0");
}

TEST_CASE("two migrations at once do the work once") {
    Empty database;
    auto migrate = [&] {
        db::Session session{{database.url(), "test"}};
        return service::migrate(session, service::schema_files()).once;
    };
    auto other = std::async(std::launch::async, migrate);
    auto const mine = migrate();
    auto const theirs = other.get();
    CHECK(std::min(mine, theirs) == 0);
    CHECK(std::max(mine, theirs) > 15);
}

TEST_CASE("a migration that was changed after it was applied is refused") {
    test::Database database;
    std::vector<service::SchemaFile> files{service::schema_files().begin(),
                                           service::schema_files().end()};
    files.at(1).checksum = "0";
    auto const failure = failure_of(database.session(), files);
    CHECK_MESSAGE(failure.find("was changed after it was applied") != std::string::npos, failure);
    CHECK(failure.find(files.at(1).path) != std::string::npos);
}

TEST_CASE("a database newer than the program is refused and says what to do") {
    test::Database database;
    database.run("INSERT INTO portfoliod.schema_migrations (file, version, checksum) "
                 "VALUES ('migrations/from_the_future.sql', 99, 'x')");
    auto const failure = failure_of(database.session(), service::schema_files());
    CHECK(failure.find("install the newer portfoliod") != std::string::npos);
    auto transaction = database.session().begin();
    CHECK_THROWS_WITH_AS(service::require_schema(transaction, service::schema_files()),
                         "the database is at migration 99, this portfoliod knows 1; install the "
                         "newer portfoliod",
                         Failure);
}

TEST_CASE("a database without the schema is told to migrate") {
    Empty database;
    auto transaction = database.session().begin();
    CHECK_THROWS_WITH_AS(service::require_schema(transaction, service::schema_files()),
                         "the database lacks the schema of this version; run: portfoliod migrate",
                         Failure);
}

TEST_CASE("a failing migration leaves nothing behind and names its file") {
    Empty database;
    std::vector<service::SchemaFile> files{service::schema_files().begin(),
                                           service::schema_files().end()};
    files.push_back({0, "functions/broken.sql", "1", "CREATE FUNCTION oops"});
    auto const failure = failure_of(database.session(), files);
    CHECK_MESSAGE(failure.starts_with("functions/broken.sql: "), failure);
    CHECK(database.value("SELECT to_regclass('public.users') IS NULL") == "t");
}

TEST_CASE("a repeatable file is applied again when it changed") {
    test::Database database;
    std::vector<service::SchemaFile> files{service::schema_files().begin(),
                                           service::schema_files().end()};
    // Before the last one, the rights, which therefore cover it.
    auto const ours = files.insert(
        files.end() - 1,
        {0, "functions/answer.sql", "1",
         "CREATE OR REPLACE FUNCTION portfoliod.answer() RETURNS int LANGUAGE sql RETURN 41"});
    service::migrate(database.session(), files);
    ours->checksum = "2";
    ours->sql = "CREATE OR REPLACE FUNCTION portfoliod.answer() RETURNS int LANGUAGE sql RETURN 42";
    service::migrate(database.session(), files);
    CHECK(database.value("SELECT portfoliod.answer()") == "42");
    CHECK(database.value(
              "SELECT has_function_privilege('portfolio_app', 'portfoliod.answer()', 'execute')") ==
          "f");
    CHECK(database.value(
              "SELECT has_function_privilege('portfoliod', 'portfoliod.answer()', 'execute')") ==
          "t");
}

TEST_CASE("where everybody could make things in schema public, as before PostgreSQL 15, nobody can "
          "afterwards: the daemon looks for its tables there") {
    Empty database;
    database.run("GRANT CREATE ON SCHEMA public TO PUBLIC");
    service::migrate(database.session(), service::schema_files());
    CHECK(database.value("SELECT has_schema_privilege('portfolio_app', 'public', 'create')") ==
          "f");
    CHECK(database.value("SELECT has_schema_privilege('portfolio_app', 'public', 'usage')") == "t");
}

TEST_CASE("rights and the time zone, which a dump may leave behind, are given again by the next "
          "migration though nothing else is new") {
    test::Database database;
    database.run("REVOKE ALL ON ALL TABLES IN SCHEMA public, portfoliod FROM portfoliod");
    database.run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA portfoliod TO PUBLIC");
    database.run("ALTER DATABASE " + database.name() + " RESET timezone");
    auto const done = service::migrate(database.session(), service::schema_files());
    CHECK(done.once + done.repeated == 0);
    CHECK(database.value("SELECT has_table_privilege('portfoliod', 'transactions', 'insert')") ==
          "t");
    CHECK(database.value("SELECT count(*) FROM pg_proc WHERE pronamespace = "
                         "'portfoliod'::regnamespace AND has_function_privilege('portfolio_app', "
                         "oid, 'execute')") == "0");
    CHECK(database.value("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND "
                         "setdatabase = (SELECT oid FROM pg_database WHERE datname = "
                         "current_database())") == "{TimeZone=UTC}");
}

TEST_CASE("whoever is not the owner may ask whether there is anything to migrate") {
    test::Database database;
    db::Session daemon{{database.url() + " options='-c role=portfoliod'", "test"}};
    auto const done = service::migrate(daemon, service::schema_files());
    CHECK(done.once + done.repeated == 0);
}
