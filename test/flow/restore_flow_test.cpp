// Moving hosts as docs/OPERATIONS.md has it: a dump of a database in which everything waits, restored into a cluster that has never
// heard of portfoliod. Nothing that waited is lost.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;

namespace {

constexpr auto waiting_changes = "SELECT count(*) FROM portfoliod.pending_changes";
/// Portfolios without figures, or whose value is not what they hold at the last close and rate.
constexpr auto wrong_values =
    "SELECT count(*) FROM portfolios f LEFT JOIN portfolio_performance_cache c ON c.portfolio_id = "
    "f.id WHERE c.current_value_usd IS DISTINCT FROM (SELECT round(sum(p.quantity * l.close * "
    "coalesce(r.rate_to_usd, 1)), 2) FROM portfolio_positions p JOIN latest_asset_prices l ON "
    "l.asset_id = p.asset_id JOIN assets a ON a.id = p.asset_id LEFT JOIN latest_exchange_rates r "
    "ON r.currency_code = a.native_currency WHERE p.portfolio_id = f.id)";

void as_superuser(test::Cluster const& cluster, std::string const& sql) {
    test::shell(fmt::format("psql -qAtX -v ON_ERROR_STOP=1 -h {} -U postgres -d postgres -c \"{}\"",
                            cluster.folder().string(), sql));
}

/// A cluster whose one database, of that name, is empty, and which has no role of ours.
void forget_portfoliod(test::Cluster const& cluster, std::string const& database) {
    as_superuser(cluster, fmt::format("DROP DATABASE {}", database));
    as_superuser(cluster, "DROP DATABASE migrated");
    as_superuser(cluster, "DROP ROLE portfoliod, portfolio_app, portfolio_readonly");
    as_superuser(cluster, fmt::format("CREATE DATABASE {}", database));
}

void move(test::Database const& from, test::Database const& to) {
    auto const dump = from.cluster().folder() / (from.name() + ".dump");
    test::shell(fmt::format("{}/pg_dump -Fc -h {} -U postgres -f {} {}", test::server_programs(),
                            from.cluster().folder().string(), dump.string(), from.name()));
    test::shell(fmt::format(
        "{}/pg_restore --exit-on-error --no-owner --no-acl -h {} -U postgres -d {} {}",
        test::server_programs(), to.cluster().folder().string(), to.name(), dump.string()));
    std::filesystem::remove(dump);
}

/// Everything in every state in which it can wait: changes nobody has seen, a job that nobody has claimed, one whose daemon died.
void leave_everything_waiting(test::Database& database) {
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    for (auto const* symbol : {"AAPL", "MSFT", "NVDA"})
        test::buy(database, portfolio, test::add_asset(database, symbol, "stock", "NASDAQ", "USD"),
                  "2", "100", "2026-02-05");
    test::buy(database, portfolio, test::add_asset(database, "SAP", "stock", "XETRA", "EUR"), "3",
              "100", "2026-02-05");
    database.run("INSERT INTO backfill_queue (asset_id, start_date, end_date) "
                 "VALUES (1, '2026-01-01', '2026-01-31'), (2, '2026-01-01', '2026-01-31')");
    database.run(
        "UPDATE backfill_queue SET status = 'in_progress', lease_token = gen_random_uuid(), "
        "lease_until = now() AT TIME ZONE 'UTC' WHERE asset_id = 2");
}

} // namespace

TEST_CASE("what waited when a dump was made is worked off where it is restored, in a cluster that "
          "did not know the roles") {
    test::Database source;
    leave_everything_waiting(source);
    auto const changes = source.value(waiting_changes);
    REQUIRE(changes != "0");

    auto cluster = test::Cluster::start();
    test::Database restored{cluster};
    forget_portfoliod(cluster, restored.name());
    move(source, restored);
    CHECK(restored.value(waiting_changes) == changes);
    CHECK(restored.value("SELECT count(*) FROM portfolio_positions") == "4");

    test::MarketServer market;
    test::Daemon daemon{
        fmt::format("{{url: \"host={} user=portfoliod dbname={}\", owner_url: \"{}\"}}",
                    cluster.folder().string(), restored.name(), restored.url()),
        market, "{quotes: off, exchange_rates: off, performance: off, upkeep: off}", ""};
    CHECK_MESSAGE(daemon.run("migrate") == 0, daemon.output());
    CHECK(daemon.output() == "the schema is up to date\n");
    restored.reconnect();
    CHECK(restored.value("SHOW timezone") == "UTC");

    test::Waiting waiting{restored};
    daemon.start();
    waiting.until(test::unsettled, "0");
    waiting.until(wrong_values, "0");
    CHECK(restored.value("SELECT count(*) FROM tracked_assets WHERE tracking_users = 1") == "4");

    // Sequences, triggers and notifications are there as well.
    test::buy(restored, 1, 1, "5", "100", "2026-02-06");
    waiting.until("SELECT total_invested_usd > 1100 FROM portfolio_performance_cache", "t");
    waiting.until(wrong_values, "0");
    waiting.until(test::unsettled, "0");
    CHECK_MESSAGE(daemon.run("verify") == 0, daemon.output());
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a dump of the rows alone is refused by a database that has the schema, with nothing "
          "entered") {
    test::Database source;
    leave_everything_waiting(source);
    test::Database other;
    auto const dump = source.cluster().folder() / (source.name() + ".dump");
    test::shell(fmt::format("{}/pg_dump -Fc -h {} -U postgres -f {} {}", test::server_programs(),
                            source.cluster().folder().string(), dump.string(), source.name()));
    CHECK_THROWS(test::shell(fmt::format(
        "{}/pg_restore --data-only --single-transaction -h {} -U postgres -d {} {}",
        test::server_programs(), other.cluster().folder().string(), other.name(), dump.string())));
    std::filesystem::remove(dump);
    CHECK(other.value(
              "SELECT (SELECT count(*) FROM transactions) + (SELECT count(*) FROM users)") == "0");
}
