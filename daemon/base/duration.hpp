#pragma once

#include "base/yaml.hpp"

#include <chrono>

namespace portfoliod {

/// "90s", "5m", "1h", "7d", "2y" (m = minutes, y = 365 days): a whole number and one unit. The
/// complaint says so.
std::chrono::seconds duration(yaml::Node const& node);

} // namespace portfoliod
