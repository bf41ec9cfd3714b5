#include "service/reload.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using Keys = std::vector<std::string>;

TEST_CASE("what a reload cannot change is named, and nothing that it can") {
    auto const running = service::Config{};
    auto fresh = service::Config{};
    CHECK(service::needs_restart(running, fresh).empty());
    fresh.backfill.concurrency = 9;
    fresh.schedule.quotes.reset();
    fresh.routes["stock"] = {"kraken"};
    fresh.http = service::WebAddress{"127.0.0.1", 9187};
    fresh.log_level = log::Level::debug;
    CHECK(service::needs_restart(running, fresh).empty());
    fresh.database.url = "host=elsewhere";
    fresh.database.workers = 5;
    fresh.doorbell.allowed = false;
    fresh.heartbeat = std::chrono::seconds{1};
    CHECK(service::needs_restart(running, fresh) ==
          Keys{"database.url", "database.workers", "bus.doorbell", "bus.heartbeat"});
}
