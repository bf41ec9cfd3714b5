// What a reload changes at once and what waits for a restart: the program, its manual and the shipped file's list of keys agree.
#include "service/reload.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace portfoliod;

namespace {

using Keys = std::vector<std::string>;

struct Change {
    std::string key;
    std::string written; ///< the key with another value than its default
    bool needs_restart = false;
};

/// One for each key of the manual.
std::vector<Change> const changes = {
    {"database.url", "database: {url: host=elsewhere}", true},
    {"database.owner_url",
     "database: {owner_url: host=elsewhere}"}, // of migrate, which reads it anew
    {"database.workers", "database: {workers: 5}", true},
    {"database.statement_time_max", "database: {statement_time_max: 5s}", true},
    {"database.answer_time_max", "database: {answer_time_max: 5s}", true},
    {"bus.heartbeat", "bus: {heartbeat: 5s}", true},
    {"bus.doorbell", "bus: {doorbell: off}", true},
    {"providers", "providers: {yahoo: {base_url: \"https://localhost\"}}"},
    {"providers_dir", "providers_dir: elsewhere"},
    {"routes.stock", "routes: {stock: [kraken]}"},
    {"routes.crypto", "routes: {crypto: [yahoo]}"},
    {"routes.commodity", "routes: {commodity: [kraken]}"},
    {"routes.bond", "routes: {bond: [kraken]}"},
    {"routes.rates_latest", "routes: {rates_latest: [ecb]}"},
    {"routes.rates_history", "routes: {rates_history: [ecb]}"},
    {"calendars", "calendars: {NYSE: \"24/7\"}"},
    {"calendars_dir", "calendars_dir: elsewhere"},
    {"schedule.quotes", "schedule: {quotes: 1m}"},
    {"schedule.exchange_rates", "schedule: {exchange_rates: off}"},
    {"schedule.performance", "schedule: {performance: 1h}"},
    {"schedule.fallback_poll", "schedule: {fallback_poll: 5s}"},
    {"schedule.upkeep", "schedule: {upkeep: off}"},
    {"backfill.concurrency", "backfill: {concurrency: 9}"},
    {"backfill.history_before_purchase", "backfill: {history_before_purchase: 30d}"},
    {"backfill.max_attempts", "backfill: {max_attempts: 9}"},
    {"backfill.keep_completed", "backfill: {keep_completed: 9d}"},
    {"backfill.close_only_after", "backfill: {close_only_after: 9y}"},
    {"log.level", "log: {level: debug}"},
    {"http.listen", "http: {listen: \"127.0.0.1:9187\"}"},
    {"http.exposed", "http: {listen: \"0.0.0.0:9187\", exposed: true}"},
};

/// The manual's keys: those with an item of their own, and those its section on reloading leaves to a restart.
struct Manual {
    std::set<std::string> all;
    std::set<std::string> need_restart;
};

Manual manual() {
    Manual manual;
    std::ifstream page{PROJECT_DIR "/man/portfoliod.yaml.5"};
    auto reloading = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with(".Sh ")) reloading = line == ".Sh RELOADING";
        std::istringstream words{line};
        std::string first;
        std::string macro;
        std::string key;
        words >> first;
        if (first == ".It" && words >> macro >> key && macro == "Cm" && key != "routes")
            manual.all.insert(key);
        if (reloading && first == ".Cm")
            while (words >> key)
                if (key.size() > 1) manual.need_restart.insert(key); // no punctuation
    }
    return manual;
}

} // namespace

TEST_CASE(
    "what a reload cannot change is named, nothing that it can, and the manual says the same") {
    auto const running = service::read_config(yaml::Node::parse("", "running.yaml"));
    CHECK(service::needs_restart(running, running).empty());
    std::set<std::string> all;
    std::set<std::string> need_restart;
    for (auto const& [key, written, restart] : changes) {
        auto const fresh = service::read_config(yaml::Node::parse(written, "fresh.yaml"));
        CHECK_MESSAGE(service::needs_restart(running, fresh) == (restart ? Keys{key} : Keys{}),
                      key);
        all.insert(key);
        if (restart) need_restart.insert(key);
    }
    auto const said = manual();
    CHECK(said.all == all);
    CHECK(said.need_restart == need_restart);
}
