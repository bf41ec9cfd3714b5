#pragma once

#include "bench/report.hpp"
#include "support/cluster.hpp"
#include "support/market_server/market_server.hpp"

namespace portfoliod::bench {

/// 100,000 trades in one statement and as many one by one, until everything is right; and the daemon's memory meanwhile.
void bulk(Report& report, test::Cluster& cluster, test::MarketServer const& market);

} // namespace portfoliod::bench
