#pragma once

#include "support/database.hpp"

#include <string>

namespace portfoliod::test {

/// What a plain recount in SQL finds wrong: changes not worked off, a doorbell that is still held, positions,
/// values, amounts invested, caches left marked, and users counted. "nothing", or what and where.
/// For trades in dollars without splits, and assets with a price.
std::string wrong_by_recount(Database& database);

} // namespace portfoliod::test
