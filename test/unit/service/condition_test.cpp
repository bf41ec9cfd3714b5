#include "service/condition.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

auto const now = parse_instant("2026-11-24 12:00:00").value();

service::Condition working() {
    service::Condition condition;
    condition.schema_fits = condition.connected = true;
    condition.figures = {{{{"assets_tracked", "", "", 132},
                           {"jobs", "prices", "pending", 2},
                           {"jobs", "prices", "completed", 500},
                           {"jobs", "rates", "rate_limited", 1}},
                          {}}};
    condition.last_quotes = now - 12s;
    return condition;
}

} // namespace

TEST_CASE("the line for systemctl status says what is done, or what keeps it from being done") {
    auto condition = working();
    CHECK(service::status_line(condition, now) ==
          "tracking 132 assets, 3 backfills queued, last quotes 12 s ago");
    CHECK(service::not_ready_because(condition).empty());

    condition.connected = false;
    condition.unreachable_since = now - 40s;
    condition.why_unreachable = "connection refused";
    CHECK(service::status_line(condition, now) ==
          "database unreachable for 40 s, retrying: connection refused");
    CHECK(service::not_ready_because(condition) == "database unreachable: connection refused");

    condition = working();
    condition.figures = {{{{"assets_tracked", "", "", 1}, {"jobs", "prices", "failed", 2}}, {}}};
    condition.last_quotes.reset();
    CHECK(service::status_line(condition, now) == "tracking 1 asset, 2 failed");
    // A clock that was set back.
    condition.last_quotes = now + 1h;
    CHECK(service::status_line(condition, now) ==
          "tracking 1 asset, 2 failed, last quotes 0 s ago");

    CHECK(service::status_line({}, now) == "looking at the schema");
    CHECK_FALSE(service::not_ready_because({}).empty());
    condition.stopping = true;
    CHECK(service::status_line(condition, now) == "stopping");
    CHECK(service::not_ready_because(condition) == "stopping");
}
