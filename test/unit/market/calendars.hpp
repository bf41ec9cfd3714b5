#pragma once

#include "market/load_calendar.hpp"
#include "unit/market/providers.hpp"

#include <filesystem>
#include <string>

/// What the tests of calendars share.
namespace portfoliod::market {

using portfoliod::to_text; // beside the room's own of outcomes

/// A calendar that is installed.
inline Calendar shipped(std::string const& name) {
    return load_calendar(std::filesystem::path{PROJECT_DIR} / "conf/calendars" / (name + ".yaml"));
}

/// A calendar written in the test itself.
inline Calendar calendar_as(std::string const& yaml) {
    return load_calendar(yaml::Node::parse(yaml, "test.yaml"), "test");
}

inline Instant at(char const* text) { return parse_instant(text).value(); }

/// "2026-11-24 14:30:00 - 2026-11-24 21:00:00", or "closed"
inline std::string hours_of(Calendar const& calendar, char const* date) {
    auto const session = calendar.session(day(date));
    return session ? to_text(session->open) + " - " + to_text(session->close) : "closed";
}

} // namespace portfoliod::market
