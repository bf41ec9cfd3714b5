#pragma once

#include "bench/report.hpp"

namespace portfoliod::bench {

/// From a purchase to rows that everybody sees, through the whole daemon: 200 assets × 1 and 10 years, beside psql's \copy of the
/// very same rows into the same table; with the daemon's memory.
void backfill(Report& report);

/// Reading an answer's body into rows, beside simdjson's own DOM parse of it.
void reading(Report& report);

} // namespace portfoliod::bench
