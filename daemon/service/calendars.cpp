#include "service/calendars.hpp"

#include "market/load_calendar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::service {

namespace {

/// "24/7" is 24-7.yaml: a slash cannot stand in a file's name.
std::filesystem::path file_of(std::filesystem::path const& folder, std::string name) {
    std::ranges::replace(name, '/', '-');
    return folder / (name + ".yaml");
}

[[noreturn]] void fail_for(CalendarName const& calendar, std::filesystem::path const& folder) {
    auto const what = fmt::format("there is no calendar '{}': no {} in {}", calendar.name,
                                  file_of({}, calendar.name).string(), folder.string());
    if (calendar.written) calendar.written->fail(what);
    throw ConfigError{what + "; set calendars_dir to the folder that holds the calendars"};
}

} // namespace

market::Calendars load_calendars(Config const& config) {
    std::vector<market::Calendar> calendars;
    std::map<std::string, std::string> assigned;
    for (auto const& [what, calendar] : config.calendars) {
        assigned.emplace(what, calendar.name);
        auto const loaded = std::ranges::any_of(
            calendars, [&](auto const& one) { return one.name() == calendar.name; });
        if (loaded) continue;
        auto const file = file_of(config.calendars_dir, calendar.name);
        if (!std::filesystem::exists(file)) fail_for(calendar, config.calendars_dir);
        calendars.push_back(market::load_calendar(yaml::Node::load(file), calendar.name));
    }
    return market::Calendars{std::move(calendars), assigned};
}

} // namespace portfoliod::service
