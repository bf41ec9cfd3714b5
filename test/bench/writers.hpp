#pragma once

#include "support/cluster.hpp"
#include "support/database.hpp"

#include <filesystem>
#include <string>

namespace portfoliod::bench {

enum class Spread { uniform, one_position };

/// Commits per second of pgbench's clients, each of which enters one trade: of 1,000 portfolios × 20 assets, or all of the same.
/// how_long: pgbench's -T SECONDS or -t TRADES.
double inserts_per_second(test::Cluster const& cluster, test::Database const& database,
                          Spread spread, int clients, std::string const& how_long);

void without_triggers(test::Database& database);
/// The trigger of the data model's first design, word for word but for its name.
void with_first_designs_trigger(test::Database& database);
/// In place of our triggers: an outbox row and a notification for each trade, for BareLoop.
void with_bare_triggers(test::Database& database);

} // namespace portfoliod::bench
