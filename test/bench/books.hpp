#pragma once

#include "support/daemon.hpp"
#include "support/database.hpp"

#include <chrono>
#include <string>

/// The books that are measured: 1,000 portfolios of a user each, 20 assets with two years of closes and all the history they could
/// need, so that nothing is asked of providers meanwhile.
namespace portfoliod::bench {

using Clock = std::chrono::steady_clock;

/// seconds
double since(Clock::time_point start);

/// Portfolios with fresh cache rows, and assets; no trade yet.
void add_portfolios(test::Database& database);
/// A first trade three days ago for each portfolio and asset.
void add_positions(test::Database& database);
/// Portfolio 1 alone: 500 trades in 15 assets over two years; its snapshots are the daemon's to compute.
void add_history(test::Database& database);
/// The latest close of an asset in dollars.
int latest_close(int asset);

/// Seconds until the outbox is empty; throws after limit_s.
double work_off(test::Database& database, double limit_s);
/// The same for snapshots that are due.
double await_snapshots(test::Database& database, double limit_s);
/// Throws unless `portfoliod verify` finds positions, counts, ranges and figures as it computes them, and no cache is left marked.
void require_all_right(test::Daemon& daemon, test::Database& database);

/// Schedule off, so that only what is measured runs.
extern std::string const quiet_schedule;

} // namespace portfoliod::bench
