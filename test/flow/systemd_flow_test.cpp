// What systemd hears of the daemon: that it is ready, what it does, that it lives, reloads and stops.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/notify_socket.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace portfoliod;
using namespace std::chrono_literals;

TEST_CASE(
    "systemd hears that the service is ready, what it tracks, that it lives, reloads and stops") {
    test::Database database;
    test::MarketServer market;
    test::NotifySocket systemd{1s};
    test::Daemon daemon{database, market};
    daemon.start();
    systemd.wait_for("READY=1");
    systemd.wait_for("STATUS=tracking 0 assets");
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
    systemd.wait_for("STATUS=tracking 1 asset");
    for (auto beats = 0; beats < 3; ++beats) systemd.wait_for("WATCHDOG=1", 5s);

    daemon.hang_up();
    auto const reloading = systemd.wait_for("RELOADING=1");
    CHECK(reloading.find("MONOTONIC_USEC=") != std::string::npos);
    systemd.wait_for("READY=1");

    CHECK(daemon.stop() == 0);
    systemd.wait_for("STOPPING=1");
}

TEST_CASE(
    "a database that is away at the start is waited for, and an outage later is no reason to be "
    "restarted") {
    auto cluster = test::Cluster::start();
    test::Database database{cluster};
    test::MarketServer market;
    test::NotifySocket systemd{2s};
    test::Daemon daemon{database, market};
    cluster.stop("fast");
    daemon.start_unready();
    systemd.wait_for("STATUS=database unreachable for");
    systemd.wait_for("EXTEND_TIMEOUT_USEC="); // systemd does not give up meanwhile
    systemd.wait_for("WATCHDOG=1");
    CHECK(std::ranges::none_of(systemd.heard(), [](auto const& message) {
        return message.find("READY=1") != std::string::npos;
    }));
    cluster.start_again();
    systemd.wait_for("READY=1");
    systemd.wait_for("STATUS=tracking 0 assets");

    cluster.stop("fast");
    systemd.wait_for("STATUS=database unreachable for");
    systemd.wait_for("WATCHDOG=1");
    cluster.start_again();
    database.reconnect();
    systemd.wait_for("STATUS=tracking 0 assets", 60s);
    CHECK(daemon.stop() == 0);
}

TEST_CASE(
    "why a database cannot be reached yet is said once, and again when it is for another reason") {
    test::Database database;
    test::MarketServer market;
    auto const visitor = "visitor_of_" + database.name();
    auto const url = fmt::format("{{url: \"{} user={}\"}}", database.url(), visitor);
    test::Daemon daemon{url, market, "{quotes: off}", ""};
    daemon.start_unready();
    daemon.wait_for_log("role \"" + visitor + "\" does not exist (commands connect as");
    database.run("CREATE ROLE " + visitor + " NOLOGIN");
    daemon.wait_for_log("role \"" + visitor + "\" is not permitted to log in");
    CHECK(daemon.stop() == 0);
    database.run("DROP ROLE " + visitor);
}

TEST_CASE("a stop while a database is awaited takes no time") {
    test::MarketServer market;
    test::Daemon daemon{"{url: \"host=/nowhere dbname=x\"}", market, "{quotes: off}", ""};
    daemon.start_unready();
    daemon.wait_for_log("the database cannot be reached yet");
    CHECK(daemon.stop() == 0);
    CHECK(daemon.log().find("stopped without it") == std::string::npos);
}

TEST_CASE(
    "a statement that hangs holds up a stop for no longer than its bound, and nothing is lost") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_priced_asset(database, "AAPL");
    daemon.start();
    {
        db::Session other{{database.url(), "test"}};
        auto open = other.begin();
        open.execute("LOCK TABLE portfoliod.ledger_checkpoints IN ACCESS EXCLUSIVE MODE");
        test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
        waiting.until(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'portfoliod drain' AND wait_event_type = 'Lock'",
            "t");
        CHECK(daemon.stop() == 0);
        CHECK(daemon.log().find("stopped without it") != std::string::npos);
    }
    daemon.start();
    waiting.until("SELECT current_value_usd FROM portfolio_performance_cache", "7.00");
    CHECK(daemon.stop() == 0);
}
