#pragma once

#include "bench/report.hpp"
#include "support/cluster.hpp"
#include "support/database.hpp"
#include "support/market_server/market_server.hpp"

namespace portfoliod::bench {

struct Percentiles {
    double p50, p99, max; ///< ms
};

/// From before an INSERT into portfolio 1 until it is announced, one after the other.
Percentiles announced_after(test::Database& database, int inserts);

/// From before an INSERT until its portfolio is announced with the right value, beside a bare loop.
void latency(Report& report, test::Cluster& cluster, test::MarketServer const& market, int inserts);

} // namespace portfoliod::bench
