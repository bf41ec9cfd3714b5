#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

/// One line per happening. Native fields when journald listens (stderr is its stream), a plain line
/// "level: message" on stderr otherwise. Never log a password, a key or a connection string.
namespace portfoliod::log {

/// syslog's numbers, which are journald's PRIORITY.
enum class Level { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// A journal field: NAME in capitals, for example ASSET_ID, JOB_ID, PROVIDER, DURATION_USEC.
struct Field {
    Field(std::string_view name, std::string_view value) : name(name), value(value) {}

    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view name, Number value) : name(name), value(fmt::format("{}", value)) {}

    std::string_view name;
    std::string value;
};

using Fields = std::initializer_list<Field>;

/// Lines above this level are dropped; info from the start.
void set_level(Level level);
[[nodiscard]] bool enabled(Level level);

void write(Level level, std::string_view message, Fields fields = {});

inline void error(std::string_view message, Fields fields = {}) {
    write(Level::error, message, fields);
}

inline void warning(std::string_view message, Fields fields = {}) {
    write(Level::warning, message, fields);
}

inline void notice(std::string_view message, Fields fields = {}) {
    write(Level::notice, message, fields);
}

inline void info(std::string_view message, Fields fields = {}) {
    write(Level::info, message, fields);
}

inline void debug(std::string_view message, Fields fields = {}) {
    write(Level::debug, message, fields);
}

} // namespace portfoliod::log
