#include "service/exposition.hpp"
#include "service/metrics.hpp"
#include "support/prometheus.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

class FixedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override {
        return parse_instant("2026-11-24 12:00:00").value();
    }
};

service::StoredFigures::Figures figures(double outbox) {
    return {{{"outbox", "", "", outbox},
             {"jobs", "prices", "pending", 3},
             {"jobs", "rates", "failed", 1},
             {"budget_left", "yahoo", "60", 57}},
            {}};
}

} // namespace

TEST_CASE("a page of metrics reads by the strict rules of its format") {
    FixedClock const clock;
    service::Metrics metrics{clock};
    service::Condition condition;
    condition.schema_fits = condition.connected = true;
    metrics.drained(12, false, 3ms);
    metrics.drained(5, true, 40ms);
    metrics.drained(0, true, 1ms); // a look is no batch
    metrics.drained(1, true, 2min);
    metrics.requested("yahoo", market::OutcomeKind::ok);
    metrics.requested("yahoo", market::OutcomeKind::ok);
    metrics.requested("ya\"h\\oo\n", market::OutcomeKind::rate_limited);
    auto const page = test::PrometheusPage{metrics.page(condition, figures(0))};
    CHECK(page.value("portfoliod_changes_drained_total") == 18);
    CHECK(page.value("portfoliod_drain_duration_seconds_bucket{le=\"0.0025\"}") == 0);
    CHECK(page.value("portfoliod_drain_duration_seconds_bucket{le=\"0.005\"}") == 1);
    CHECK(page.value("portfoliod_drain_duration_seconds_bucket{le=\"0.05\"}") == 2);
    CHECK(page.value("portfoliod_drain_duration_seconds_bucket{le=\"60\"}") == 2);
    CHECK(page.value("portfoliod_drain_duration_seconds_bucket{le=\"+Inf\"}") == 3);
    CHECK(page.value("portfoliod_drain_duration_seconds_sum") == doctest::Approx(120.043));
    CHECK(page.value(R"(portfoliod_provider_requests_total{provider="yahoo",outcome="ok"})") == 2);
    CHECK(
        page.value(
            R"(portfoliod_provider_requests_total{provider="ya\"h\\oo\n",outcome="rate_limited"})") ==
        1);
    CHECK(page.value(R"(portfoliod_backfill_jobs{queue="prices",status="pending"})") == 3);
    CHECK(page.value(
              R"(portfoliod_provider_requests_left{provider="yahoo",window_seconds="60"})") == 57);
    CHECK(page.value("portfoliod_database_up") == 1);
    CHECK(page.value("portfoliod_ready") == 1);
    CHECK(page.value("portfoliod_outbox_oldest_age_seconds") == 0);
    CHECK(page.value("process_resident_memory_bytes") > 1e6);
    CHECK(page.value("process_start_time_seconds") == 1795521600);
    CHECK(page.has(R"(portfoliod_happenings_total{happening="database_lost"})"));
}

TEST_CASE("without the database a page tells what is in memory") {
    FixedClock const clock;
    service::Metrics metrics{clock};
    service::Condition condition;
    condition.schema_fits = true;
    metrics.drained(12, true, 3ms);
    auto const page = test::PrometheusPage{metrics.page(condition, std::nullopt)};
    CHECK(page.value("portfoliod_database_up") == 0);
    CHECK(page.value("portfoliod_ready") == 0);
    CHECK(page.value("portfoliod_changes_drained_total") == 12);
    CHECK_FALSE(page.families().contains("portfoliod_outbox_changes"));
    CHECK_FALSE(page.families().contains("portfoliod_provider_requests_total"));
}

TEST_CASE("the strict reading refuses what is not quite the format") {
    for (auto const* const wrong :
         {"", "# HELP a b\n# TYPE a gauge\n", "a 1\n", "# HELP a b\n# TYPE a counter\na 1\n",
          "# HELP a b\n# TYPE a gauge\na 1", "# HELP a b\n# TYPE a gauge\na 1\na 2\n",
          "# HELP a b\n# TYPE a gauge\na{b=\"\\x\"} 1\n", "# HELP a b\n# TYPE a gauge\nb 1\n",
          "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n",
          "# HELP a b\n# TYPE a gauge\na  1\n"})
        CHECK_THROWS_AS(test::PrometheusPage{wrong}, std::runtime_error);
    service::Exposition page;
    page.single("a", "gauge", "of \\ and\nmore", std::numeric_limits<double>::infinity());
    page.family("b_total", "counter", "b");
    page.sample(1e21, {{"c", "\n\"\\"}});
    CHECK(page.text() == "# HELP a of \\\\ and\\nmore\n# TYPE a gauge\na +Inf\n# HELP b_total b\n"
                         "# TYPE b_total counter\nb_total{c=\"\\n\\\"\\\\\"} 1e+21\n");
    CHECK(test::PrometheusPage{page.text()}.value("b_total{c=\"\\n\\\"\\\\\"}") == 1e21);
}
