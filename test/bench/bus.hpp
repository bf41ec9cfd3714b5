#pragma once

#include "bench/report.hpp"

#include <chrono>

namespace portfoliod::bench {

struct BusOptions {
    std::chrono::seconds write_path{30}; ///< each of its runs
    int latencies = 5000;                ///< inserts whose announcement is timed
};

/// Writers, latency, bulk and memory of the bus, on a private server with fsync on.
void bus(Report& report, BusOptions const& options);

} // namespace portfoliod::bench
