#pragma once

#include "market/declaration.hpp"
#include "market/provider_market.hpp"
#include "service/config.hpp"

#include <vector>

namespace portfoliod::service {

/// Every declaration in providers_dir, with what the configuration says about each. Throws
/// ConfigError, also for a provider that the configuration names and no file declares.
std::vector<market::Declaration> load_providers(Config const& config);

market::Routes routes(Config const& config);

} // namespace portfoliod::service
