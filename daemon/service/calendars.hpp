#pragma once

#include "market/calendars.hpp"
#include "service/config.hpp"

namespace portfoliod::service {

/// The calendars that the configuration names, from calendars_dir. Throws ConfigError, also for a name without a file.
market::Calendars load_calendars(Config const& config);

} // namespace portfoliod::service
