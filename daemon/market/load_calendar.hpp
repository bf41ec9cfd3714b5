#pragma once

#include "base/yaml.hpp"
#include "market/calendar.hpp"

#include <filesystem>
#include <string>

namespace portfoliod::market {

/// Reads a calendar file (docs/CALENDARS.md); its name is the file's. Throws ConfigError "file:line: key: what is wrong".
Calendar load_calendar(std::filesystem::path const& file);
Calendar load_calendar(yaml::Node const& root, std::string name);

} // namespace portfoliod::market
