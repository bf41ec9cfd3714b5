#pragma once

#include "base/log.hpp"
#include "base/yaml.hpp"
#include "bus/doorbell.hpp"
#include "market/declaration.hpp"
#include "schedule/schedule.hpp"
#include "tracking/policy.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::service {

/// The name of a calendar, and where the configuration says it; nothing: it is a default.
struct CalendarName {
    std::string name;
    std::optional<yaml::Node> written = {};

    friend bool operator==(CalendarName const& a, CalendarName const& b) {
        return a.name == b.name;
    }
};

/// Where providers, calendars and the catalogue were installed: share/portfoliod beside the program's own folder, wherever a package
/// or `cmake --install --prefix` has put it; a program in its build folder expects them where it was built for.
std::filesystem::path data_folder();

/// An address of this machine and a port.
struct WebAddress {
    std::string address; ///< "127.0.0.1", "::1"
    std::uint16_t port = 0;

    friend bool operator==(WebAddress const&, WebAddress const&) = default;
};

/// The configuration; every member's initial value is the documented default.
struct Config {
    struct Database {
        std::string url = "host=/run/postgresql dbname=portfolio";
        std::string owner_url; ///< for migrate; "" = as url
        int workers = 3;       ///< database threads: one drains, the others do the long work
        /// Of the daemon's sessions, see db::SessionOptions; the commands have times of their own.
        std::chrono::seconds statement_time_max{60};
        std::chrono::seconds answer_time_max{10};
    };

    Database database;
    bus::DoorbellPolicy doorbell;
    std::chrono::seconds heartbeat{30}; ///< see bus::Listener
    std::map<std::string, market::Overrides> providers;
    std::filesystem::path providers_dir = data_folder() / "providers";
    /// Asset types, rates_latest and rates_history → providers in the order in which they are
    /// asked.
    std::map<std::string, std::vector<std::string>> routes{
        {"stock", {"yahoo"}},
        {"crypto", {"coinbase", "kraken"}},
        {"commodity", {"yahoo"}},
        {"bond", {"yahoo"}},
        {"rates_latest", {"coinbase_rates", "frankfurter"}},
        {"rates_history", {"ecb", "frankfurter"}},
    };
    /// Exchanges and asset types → the calendars that say when they trade. An asset whose exchange has none follows
    /// that of its type.
    std::map<std::string, CalendarName> calendars{
        {"NASDAQ", {"XNYS"}}, {"NYSE", {"XNYS"}},  {"NYSEARCA", {"XNYS"}}, {"AMEX", {"XNYS"}},
        {"BATS", {"XNYS"}},   {"XETRA", {"XETR"}}, {"FRA", {"XETR"}},      {"LSE", {"XLON"}},
        {"TSE", {"XTKS"}},    {"stock", {"24/5"}}, {"bond", {"24/5"}},     {"commodity", {"24/5"}},
        {"crypto", {"24/7"}},
    };
    std::filesystem::path calendars_dir = data_folder() / "calendars";
    /// Where routes and overrides stand ("routes.crypto", "providers.yahoo"), for complaints about what only their files tell.
    std::map<std::string, yaml::Node> written;
    schedule::Intervals schedule;
    tracking::Policy backfill;
    log::Level log_level = log::Level::info;
    std::optional<WebAddress> http; ///< where health and metrics are served; nothing: nowhere
};

inline constexpr char const* default_config_file = "/etc/portfoliod/portfoliod.yaml";

/// Reads a configuration file; throws ConfigError "file:line: key: what is wrong".
Config load_config(std::filesystem::path const& file);
Config read_config(yaml::Node const& root);

/// The environment variable of this name, else the systemd credential.
std::optional<std::string> secret(std::string const& name);

/// ${NAME} is the environment variable NAME or the systemd credential of that name, $$ is $. Throws
/// ConfigError at the node when it is undefined.
std::string expanded(yaml::Node const& node);

} // namespace portfoliod::service
