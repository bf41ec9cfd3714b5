// Health and metrics of a daemon that runs.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/prometheus.hpp"
#include "support/waiting.hpp"
#include "support/web_client.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

using namespace portfoliod;

namespace {

/// By Prometheus' own checker too, where it is installed.
test::PrometheusPage metrics(test::Daemon const& daemon) {
    auto const answer = test::web_get(daemon.web_port(), "/metrics");
    REQUIRE(answer.status == 200);
    CHECK(answer.head.find("text/plain; version=0.0.4") != std::string::npos);
    if (std::system("command -v promtool >/dev/null 2>&1") == 0) {
        auto const file = (daemon.folder() / "metrics").string();
        std::ofstream{file} << answer.body;
        CHECK(std::system(
                  fmt::format("promtool check metrics <{} >{}.said 2>&1", file, file).c_str()) ==
              0);
    }
    return test::PrometheusPage{answer.body};
}

} // namespace

TEST_CASE("metrics tell what was drained, asked and queued, and go on while the database is away") {
    auto cluster = test::Cluster::start();
    test::Database database{cluster};
    test::MarketServer market;
    test::Daemon daemon{database, market,
                        "{quotes: off, exchange_rates: off, performance: off, upkeep: off}",
                        "http: {listen: \"127.0.0.1:0\"}\n"};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const known = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    auto const unknown = test::add_asset(database, "NOPE", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, known, "1", "100", "2026-03-02");
    test::buy(database, portfolio, unknown, "1", "100", "2026-03-02");
    daemon.start();
    {
        test::Waiting waiting{database};
        waiting.until("SELECT count(*) FROM backfill_queue WHERE status IN ('completed', 'failed')",
                      "2");
        waiting.until("SELECT count(*) FROM portfoliod.pending_changes", "0");
    }
    CHECK(test::web_get(daemon.web_port(), "/healthz").status == 200);
    CHECK(test::web_get(daemon.web_port(), "/readyz").body == "ready\n");
    auto const page = metrics(daemon);
    CHECK(page.value("portfoliod_database_up") == 1);
    CHECK(page.value("portfoliod_leader") == 1);
    CHECK(page.value("portfoliod_assets_tracked") == 2);
    CHECK(page.value("portfoliod_changes_drained_total") >= 3);
    CHECK(page.value("portfoliod_drain_duration_seconds_count") >= 2);
    CHECK(page.value("portfoliod_outbox_changes") == 0);
    CHECK(page.value("portfoliod_outbox_oldest_age_seconds") == 0);
    CHECK(page.value(R"(portfoliod_backfill_jobs{queue="prices",status="completed"})") == 1);
    CHECK(page.value(R"(portfoliod_backfill_jobs{queue="prices",status="failed"})") == 1);
    CHECK(page.value(R"(portfoliod_provider_requests_total{provider="yahoo",outcome="ok"})") == 1);
    CHECK(page.value(
              R"(portfoliod_provider_requests_total{provider="yahoo",outcome="unknown_symbol"})") ==
          1);
    CHECK(page.has(R"(portfoliod_provider_requests_left{provider="yahoo",window_seconds="60"})"));
    CHECK(page.value("portfoliod_performance_cache_age_seconds") >= 0);
    CHECK(page.value(R"(portfoliod_portfolios{status="estimated"})") == 1);
    CHECK(page.value("portfoliod_snapshot_lag_seconds") >= 0);
    CHECK(page.value(R"(portfoliod_happenings_total{happening="asset_tracked"})") == 2);

    cluster.stop("immediate");
    daemon.wait_for_log("database unreachable");
    auto const without = metrics(daemon);
    CHECK(without.value("portfoliod_database_up") == 0);
    CHECK(without.value("portfoliod_changes_drained_total") ==
          page.value("portfoliod_changes_drained_total"));
    auto const ready = test::web_get(daemon.web_port(), "/readyz");
    CHECK(ready.status == 503);
    CHECK(ready.body.starts_with("not ready: database unreachable: "));
    CHECK(test::web_get(daemon.web_port(), "/healthz").status == 200);
    cluster.start_again();
    daemon.wait_for_log("database reachable again");
    CHECK(metrics(daemon).value("portfoliod_database_reconnects_total") == 1);
    CHECK(daemon.stop() == 0);
}
