#pragma once

#include "bench/report.hpp"

namespace portfoliod::bench {

/// What providers cost: limits kept while they fail.
void market(Report& report);

} // namespace portfoliod::bench
