#pragma once

#include "bench/report.hpp"

namespace portfoliod::bench {

/// What figures cost: days computed from rows in memory, days stored, midnight and all caches for 10,000 portfolios, one trade with
/// ten years behind it.
void valuation(Report& report);

/// Days computed from loaded rows, no database.
void days_computed(Report& report);
/// 10,000 portfolios × 15 positions, 1 M trades over 3 years, 5 currencies.
void midnight(Report& report);
/// One portfolio through the whole daemon: 1,900 trades stored as days; a trade of today and one of ten years ago.
void one_portfolio(Report& report);

} // namespace portfoliod::bench
