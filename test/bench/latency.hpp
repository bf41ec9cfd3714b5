#pragma once

#include "bench/report.hpp"
#include "support/cluster.hpp"
#include "support/market_server/market_server.hpp"

namespace portfoliod::bench {

/// From before an INSERT until its portfolio is announced with the right value, beside a bare loop.
void latency(Report& report, test::Cluster& cluster, test::MarketServer const& market, int inserts);

} // namespace portfoliod::bench
