#pragma once

#include "db/listening.hpp"
#include "support/database.hpp"

#include <chrono>
#include <string>

namespace portfoliod::test {

/// How much a daemon still has to do: changes, days and figures that are due, jobs that are not done.
inline constexpr auto unsettled =
    "SELECT (SELECT count(*) FROM portfoliod.pending_changes) + "
    "(SELECT count(*) FROM portfoliod.due_snapshots) + "
    "(SELECT count(*) FROM backfill_queue WHERE status <> 'completed') + "
    "(SELECT count(*) FROM portfoliod.rate_backfill_queue WHERE status <> 'completed')";

/// Waits without sleeping: listens to everything the bus announces and looks again after each word
/// of it.
class Waiting {
  public:
    explicit Waiting(Database& database);

    /// Until the query's single value is `expected`; fails the test, saying what it was last, when
    /// the limit has passed first.
    void until(std::string_view query, std::string_view expected,
               std::chrono::seconds limit = std::chrono::seconds{30});

  private:
    Database& database_;
    db::Listening listening_;
};

} // namespace portfoliod::test
