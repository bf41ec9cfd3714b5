#include "service/calendars.hpp"
#include "service/config.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

std::string complaint(std::string const& text) {
    try {
        service::read_config(yaml::Node::parse(text, "c.yaml"));
    } catch (ConfigError const& e) {
        return e.what();
    }
    return "";
}

} // namespace

TEST_CASE("the shipped configuration is the defaults") {
    auto const shipped = service::load_config(PROJECT_DIR "/conf/portfoliod.yaml");
    auto const defaults = service::Config{};
    CHECK(shipped.database.url == defaults.database.url);
    CHECK(shipped.database.owner_url == defaults.database.owner_url);
    CHECK(shipped.database.workers == defaults.database.workers);
    CHECK(shipped.database.statement_time_max == defaults.database.statement_time_max);
    CHECK(shipped.database.answer_time_max == defaults.database.answer_time_max);
    CHECK(shipped.doorbell.allowed == defaults.doorbell.allowed);
    CHECK(shipped.heartbeat == defaults.heartbeat);
    CHECK(shipped.http == defaults.http);
    CHECK(shipped.routes == defaults.routes);
    CHECK(shipped.calendars == defaults.calendars);
    CHECK(shipped.calendars_dir == defaults.calendars_dir);
    CHECK(shipped.schedule.quotes == defaults.schedule.quotes);
    CHECK(shipped.schedule.exchange_rates == defaults.schedule.exchange_rates);
    CHECK(shipped.schedule.performance == defaults.schedule.performance);
    CHECK(shipped.schedule.fallback_poll == defaults.schedule.fallback_poll);
    CHECK(shipped.schedule.upkeep == defaults.schedule.upkeep);
    CHECK(shipped.backfill.concurrency == defaults.backfill.concurrency);
    CHECK(shipped.backfill.max_attempts == defaults.backfill.max_attempts);
    CHECK(shipped.backfill.keep_completed == defaults.backfill.keep_completed);
    CHECK(shipped.backfill.history_before_purchase == defaults.backfill.history_before_purchase);
    CHECK(shipped.backfill.close_only_after == defaults.backfill.close_only_after);
    CHECK(shipped.log_level == defaults.log_level);
}

TEST_CASE("an empty configuration is the defaults") {
    auto const config = service::read_config(yaml::Node::parse("", "c.yaml"));
    CHECK(config.database.url == "host=/run/postgresql dbname=portfolio");
    CHECK(config.schedule.quotes == 5min);
}

TEST_CASE("what is wrong is named with file, line and key") {
    CHECK(complaint("databse: {}") == "c.yaml:1: databse: unknown key; did you mean 'database'?");
    CHECK(complaint("schedule:\n  quotes: soon") ==
          "c.yaml:2: schedule.quotes: must be a time such as 90s, 5m (minutes), 1h, 7d or 1y, not "
          "'soon'");
    CHECK(complaint("schedule: {fallback_poll: off}").find("cannot be off") != std::string::npos);
    CHECK(complaint("schedule: {upkeep: \"24:00\"}") ==
          "c.yaml:1: schedule.upkeep: there is no time of day '24:00'");
    CHECK(complaint("database: {workers: 1}") ==
          "c.yaml:1: database.workers: must be a whole number from 2 to 32, not '1'");
    CHECK(complaint("database: {statement_time_max: 25h}") ==
          "c.yaml:1: database.statement_time_max: must be at most a day, not '25h'");
    CHECK(complaint("bus: {heartbeat: 0s}").find("must be a time such as 90s") !=
          std::string::npos);
    CHECK(complaint("backfill: {history_before_purchase: 3h}").find("must be in days or years") !=
          std::string::npos);
    CHECK(complaint("log: {level: loud}").find("must be error, warning, notice, info or debug") !=
          std::string::npos);
    CHECK(complaint("log:\n  level: info\n  level: debug")
              .starts_with("c.yaml:3: log.level: this key stands twice"));
    CHECK(complaint("bus: {doorbell: on}") ==
          "c.yaml:1: bus.doorbell: must be auto or off, not 'on'");
    CHECK(complaint("routes: {stock: []}") == "c.yaml:1: routes.stock: names no provider");
    CHECK(complaint("c: {<<: {b: 1}}").find("merge keys") != std::string::npos);
    CHECK(complaint("a: &x {b: 1}\nc: *x").starts_with("c.yaml:2: anchors and aliases"));
    CHECK(complaint("database: [1").starts_with("c.yaml:"));
}

TEST_CASE("a variable is the environment's or a credential's, and an undefined one is an error") {
    ::setenv("PORTFOLIOD_TEST_NAME", "secret word", 1);
    auto const url = [](std::string const& text) {
        auto const root = yaml::Node::parse("database: {url: \"" + text + "\"}", "c.yaml");
        return service::read_config(root).database.url;
    };
    CHECK(url("password=${PORTFOLIOD_TEST_NAME}") == "password=secret word");
    CHECK(url("cost $$5") == "cost $5");
    CHECK(complaint("database: {url: \"${PORTFOLIOD_NOT_THERE}\"}") ==
          "c.yaml:1: database.url: ${PORTFOLIOD_NOT_THERE} is neither an environment variable nor "
          "a systemd credential");
    CHECK(complaint("database: {url: \"$HOME\"}").find("write $$") != std::string::npos);
    ::unsetenv("PORTFOLIOD_TEST_NAME");
}

TEST_CASE("a span of days or years is a calendar's") {
    auto const config = service::read_config(yaml::Node::parse(
        "backfill: {history_before_purchase: 30d, close_only_after: 3y}", "c.yaml"));
    CHECK(config.backfill.history_before_purchase == "30 days");
    CHECK(config.backfill.close_only_after == "3 years");
}

TEST_CASE("calendars are added to the defaults, and one that has no file is named with its place") {
    auto const config = [](std::string const& text) {
        auto const folder = std::string{PROJECT_DIR "/conf/calendars"};
        return service::read_config(
            yaml::Node::parse("calendars_dir: " + folder + "\n" + text, "c.yaml"));
    };
    auto const of = [](market::Calendars const& calendars, char const* type, char const* exchange) {
        return calendars.of({1, "X", type, exchange, "USD"}).name();
    };
    auto const defaults = service::load_calendars(config(""));
    CHECK(of(defaults, "stock", "NASDAQ") == "XNYS");
    CHECK(of(defaults, "bond", "NYSE") == "XNYS");
    CHECK(of(defaults, "stock", "XETRA") == "XETR");
    CHECK(of(defaults, "stock", "LSE") == "XLON");
    CHECK(of(defaults, "stock", "TSE") == "XTKS");
    CHECK(of(defaults, "stock", "EPA") == "24/5");
    CHECK(of(defaults, "stock", "") == "24/5");
    CHECK(of(defaults, "commodity", "COMEX") == "24/5");
    CHECK(of(defaults, "crypto", "") == "24/7");

    auto const changed = service::load_calendars(config("calendars: {EPA: XETR, stock: \"24/7\"}"));
    CHECK(of(changed, "stock", "EPA") == "XETR");
    CHECK(of(changed, "stock", "HKEX") == "24/7");
    CHECK(of(changed, "stock", "NYSE") == "XNYS");

    CHECK_THROWS_WITH_AS(
        service::load_calendars(config("calendars:\n  EPA: XPAR")),
        "c.yaml:3: calendars.EPA: there is no calendar 'XPAR': no XPAR.yaml in " PROJECT_DIR
        "/conf/calendars",
        ConfigError);
    CHECK(complaint("calendars: {EPA: [XPAR]}") ==
          "c.yaml:1: calendars.EPA: must be a single value");
    auto elsewhere = service::Config{};
    elsewhere.calendars_dir = "/nowhere";
    CHECK_THROWS_AS(service::load_calendars(elsewhere), ConfigError);
}

TEST_CASE("health and metrics are served nowhere, or where other machines do not reach") {
    auto const at = [](std::string const& text) {
        return service::read_config(yaml::Node::parse(text, "c.yaml")).http;
    };
    using Address = service::WebAddress;
    CHECK_FALSE(at("log: {level: info}"));
    CHECK_FALSE(at("http: {listen: off}"));
    CHECK(at("http: {listen: \"127.0.0.1:9187\"}") == Address{"127.0.0.1", 9187});
    CHECK(at("http: {listen: \"[::1]:9187\"}") == Address{"::1", 9187});
    CHECK(at("http: {listen: \"0.0.0.0:9187\", exposed: true}") == Address{"0.0.0.0", 9187});
    CHECK(
        complaint("http:\n  listen: \"0.0.0.0:9187\"") ==
        "c.yaml:2: http.listen: 0.0.0.0 can be reached from other machines, and whoever reaches it "
        "may read what is there; take 127.0.0.1, or write exposed: true beside it");
    for (auto const* const wrong : {"localhost:9187", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                    "127.0.0.1:70000", ":9187", "127.0.0.1:80 "})
        CHECK(complaint(std::string{"http: {listen: \""} + wrong + "\"}")
                  .starts_with("c.yaml:1: http.listen: must be an address and a port"));
    CHECK(complaint("http: {port: 1}").starts_with("c.yaml:1: http.port: unknown key"));
}
