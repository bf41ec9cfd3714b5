#include "service/config.hpp"

#include "base/duration.hpp"
#include "base/secrets.hpp"
#include "db/session.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace portfoliod::service {

std::filesystem::path data_folder() {
    std::error_code unknown;
    auto const program = std::filesystem::read_symlink("/proc/self/exe", unknown);
    auto beside = program.parent_path().parent_path() / "share" / "portfoliod";
    if (std::filesystem::is_directory(beside, unknown)) return beside;
    return PORTFOLIOD_DATA_DIR;
}

std::optional<std::string> secret(std::string const& name) {
    if (char const* const value = std::getenv(name.c_str())) return value;
    char const* const directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || name.find('/') != std::string::npos) return std::nullopt;
    std::ifstream file{std::filesystem::path{directory} / name};
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) return std::nullopt;
    auto value = text.str();
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
    return value;
}

namespace {

/// Of the headers that a configuration adds; what they name is not worth hiding, and would be taken out of messages.
bool carries_a_secret(std::string header) {
    std::ranges::transform(header, header.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return header != "user-agent" && !header.starts_with("accept");
}

/// A span of the calendar as a PostgreSQL interval: "1y" is a calendar year, not 365 days.
std::string interval(yaml::Node const& node) {
    static_cast<void>(duration(node)); // the same spelling, the same complaint
    auto const text = node.text();
    auto const count = text.substr(0, text.size() - 1);
    switch (text.back()) {
    case 'y':
        return count + " years";
    case 'd':
        return count + " days";
    default:
        node.fail(fmt::format("must be in days or years, such as 30d or 1y, not '{}'", text));
    }
}

std::optional<std::chrono::seconds> interval_or_off(yaml::Node const& node) {
    if (node.text() == "off") return std::nullopt;
    return duration(node);
}

/// Of a wait of the daemon's own.
std::chrono::seconds at_most_a_day(yaml::Node const& node) {
    auto const time = duration(node);
    if (time > std::chrono::hours{24})
        node.fail(fmt::format("must be at most a day, not '{}'", node.text()));
    return time;
}

/// "03:00"
std::optional<std::chrono::minutes> time_of_day_or_off(yaml::Node const& node) {
    auto const text = node.text();
    if (text == "off") return std::nullopt;
    auto const digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
        node.fail(
            fmt::format("must be a time of day (UTC) such as \"03:00\", or off, not '{}'", text));
    auto const hours = (text[0] - '0') * 10 + (text[1] - '0');
    auto const minutes = (text[3] - '0') * 10 + (text[4] - '0');
    if (hours > 23 || minutes > 59) node.fail(fmt::format("there is no time of day '{}'", text));
    return std::chrono::minutes{hours * 60 + minutes};
}

void read_database(yaml::Node const& node, Config::Database& database) {
    node.allow_only({"url", "owner_url", "workers", "statement_time_max", "answer_time_max"});
    for (auto const& [key, url] :
         {std::pair{"url", &database.url}, std::pair{"owner_url", &database.owner_url}})
        if (auto const written = node.find(key)) {
            *url = expanded(*written);
            for (auto const& password : db::passwords_in(*url)) keep_secret(password);
        }
    if (auto const workers = node.find("workers"))
        database.workers = static_cast<int>(workers->integer(2, 32));
    if (auto const time = node.find("statement_time_max"))
        database.statement_time_max = at_most_a_day(*time);
    if (auto const time = node.find("answer_time_max"))
        database.answer_time_max = at_most_a_day(*time);
}

void read_bus(yaml::Node const& node, Config& config) {
    node.allow_only({"doorbell", "heartbeat"});
    if (auto const time = node.find("heartbeat")) config.heartbeat = at_most_a_day(*time);
    auto const value = node.find("doorbell");
    if (!value) return;
    auto const text = value->text();
    if (text != "auto" && text != "off")
        value->fail(fmt::format("must be auto or off, not '{}'", text));
    config.doorbell.allowed = text == "auto";
}

void read_routes(yaml::Node const& node, Config& config) {
    node.allow_only({"stock", "crypto", "commodity", "bond", "rates_latest", "rates_history"});
    for (auto const& [what, names] : node.entries()) {
        config.routes[what] = names.texts();
        if (config.routes[what].empty()) names.fail("names no provider");
        config.written.emplace("routes." + what, names);
    }
}

void read_schedule(yaml::Node const& node, schedule::Intervals& intervals) {
    node.allow_only({"quotes", "exchange_rates", "performance", "fallback_poll", "upkeep"});
    if (auto const value = node.find("quotes")) intervals.quotes = interval_or_off(*value);
    if (auto const value = node.find("exchange_rates"))
        intervals.exchange_rates = interval_or_off(*value);
    if (auto const value = node.find("performance"))
        intervals.performance = interval_or_off(*value);
    if (auto const value = node.find("fallback_poll")) {
        if (value->text() == "off")
            value->fail("cannot be off: a lost notification would wait for ever");
        intervals.fallback_poll = duration(*value);
    }
    if (auto const value = node.find("upkeep")) intervals.upkeep = time_of_day_or_off(*value);
}

void read_backfill(yaml::Node const& node, tracking::Policy& policy) {
    node.allow_only({"concurrency", "history_before_purchase", "max_attempts", "keep_completed",
                     "close_only_after"});
    if (auto const value = node.find("concurrency"))
        policy.concurrency = static_cast<int>(value->integer(1, 64));
    if (auto const value = node.find("history_before_purchase"))
        policy.history_before_purchase = interval(*value);
    if (auto const value = node.find("max_attempts"))
        policy.max_attempts = static_cast<int>(value->integer(1, 1000));
    if (auto const value = node.find("keep_completed")) policy.keep_completed = duration(*value);
    if (auto const value = node.find("close_only_after"))
        policy.close_only_after = interval(*value);
}

/// Relative to the file the path stands in, whatever folder the daemon runs in.
std::filesystem::path folder(yaml::Node const& node) {
    return std::filesystem::path{node.file()}.parent_path() / expanded(node);
}

[[noreturn]] void refuse_address(yaml::Node const& node, std::string const& text) {
    node.fail(fmt::format("must be an address and a port such as \"127.0.0.1:9187\" or "
                          "\"[::1]:9187\", not '{}'",
                          text));
}

/// "127.0.0.1:9187" or "[::1]:9187"; port 0 is any that is free.
WebAddress web_address(yaml::Node const& node, bool exposed) {
    auto const text = expanded(node);
    auto const colon = text.rfind(':');
    if (colon == std::string::npos) refuse_address(node, text);
    auto host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    boost::system::error_code wrong;
    auto const address = boost::asio::ip::make_address(host, wrong);
    auto const* const digits = text.data() + colon + 1;
    auto const* const end = text.data() + text.size();
    std::uint16_t port = 0;
    auto const [stopped, error] = std::from_chars(digits, end, port);
    if (wrong || error != std::errc{} || stopped != end) refuse_address(node, text);
    if (!address.is_loopback() && !exposed)
        node.fail(
            fmt::format("{} can be reached from other machines, and whoever reaches it may "
                        "read what is there; take 127.0.0.1, or write exposed: true beside it",
                        host));
    return {address.to_string(), port};
}

std::optional<WebAddress> read_http(yaml::Node const& node) {
    node.allow_only({"listen", "exposed"});
    auto const exposed = node.find("exposed");
    auto const listen = node.find("listen");
    if (!listen || listen->text() == "off") return std::nullopt;
    return web_address(*listen, exposed && exposed->boolean());
}

log::Level read_level(yaml::Node const& node) {
    node.allow_only({"level"});
    auto const level = node.find("level");
    if (!level) return log::Level::info;
    auto const text = level->text();
    if (text == "error") return log::Level::error;
    if (text == "warning") return log::Level::warning;
    if (text == "notice") return log::Level::notice;
    if (text == "info") return log::Level::info;
    if (text == "debug") return log::Level::debug;
    level->fail(fmt::format("must be error, warning, notice, info or debug, not '{}'", text));
}

} // namespace

std::string expanded(yaml::Node const& node) {
    auto const text = node.text();
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '$') {
            result += text[i];
        } else if (text.compare(i, 2, "$$") == 0) {
            result += '$';
            ++i;
        } else if (text.compare(i, 2, "${") == 0) {
            auto const end = text.find('}', i);
            if (end == std::string::npos) node.fail("${ has no closing }");
            auto const name = text.substr(i + 2, end - i - 2);
            auto const value = secret(name);
            if (!value)
                node.fail(fmt::format("${{{}}} is neither an environment variable nor a systemd "
                                      "credential",
                                      name));
            keep_secret(*value);
            result += *value;
            i = end;
        } else {
            node.fail("write $$ for a dollar sign, ${NAME} for a variable");
        }
    }
    return result;
}

Config read_config(yaml::Node const& root) {
    Config config;
    root.allow_only({"database", "bus", "providers", "providers_dir", "routes", "calendars",
                     "calendars_dir", "schedule", "backfill", "log", "http"});
    if (auto const node = root.find("database")) read_database(*node, config.database);
    if (auto const node = root.find("bus")) read_bus(*node, config);
    if (auto const node = root.find("providers"))
        for (auto const& [name, overrides] : node->entries()) {
            auto& own = config.providers[name] = market::load_overrides(overrides, expanded);
            if (own.key_value) keep_secret(*own.key_value);
            for (auto const& [header, value] : own.headers)
                if (carries_a_secret(header)) keep_secret(value);
            config.written.emplace("providers." + name, overrides);
        }
    if (auto const node = root.find("providers_dir")) config.providers_dir = folder(*node);
    if (auto const node = root.find("routes")) read_routes(*node, config);
    if (auto const node = root.find("calendars"))
        for (auto const& [what, name] : node->entries())
            config.calendars[what] = {name.text(), name};
    if (auto const node = root.find("calendars_dir")) config.calendars_dir = folder(*node);
    if (auto const node = root.find("schedule")) read_schedule(*node, config.schedule);
    if (auto const node = root.find("backfill")) read_backfill(*node, config.backfill);
    if (auto const node = root.find("log")) config.log_level = read_level(*node);
    if (auto const node = root.find("http")) config.http = read_http(*node);
    return config;
}

Config load_config(std::filesystem::path const& file) {
    return read_config(yaml::Node::load(file));
}

} // namespace portfoliod::service
