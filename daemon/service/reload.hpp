#pragma once

#include "service/config.hpp"

#include <string>
#include <vector>

namespace portfoliod::service {

/// The keys that are others now and hold only after a restart: what connections and threads are made by.
std::vector<std::string> needs_restart(Config const& running, Config const& fresh);

} // namespace portfoliod::service
