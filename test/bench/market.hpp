#pragma once

#include "bench/report.hpp"

namespace portfoliod::bench {

/// What providers cost: history from answer to rows, reading alone, limits kept while they fail.
void market(Report& report);

} // namespace portfoliod::bench
