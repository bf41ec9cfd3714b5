#pragma once

#include "performance/snapshots.hpp"
#include "support/database.hpp"

#include <string>

namespace portfoliod::test {

class FixedClock final : public Clock {
  public:
    explicit FixedClock(Day day) : day_(day) {}

    [[nodiscard]] Instant now() const override { return day_; }

  private:
    Day day_;
};

/// Works off the outbox, then all snapshots that are due and the figures that rest on them, as the daemon does.
performance::SnapshotsWritten settle(Database& database, Day today);

/// Every snapshot and all current figures as one text, exact; without ids and times of writing.
std::string all_values(Database& database);

/// The same, computed anew from nothing but the ledger and the market: snapshots, checkpoints and figures are thrown away first.
std::string all_values_rebuilt(Database& database, Day today);

/// The first line in which the two differ, or "nothing".
std::string first_difference(std::string const& left, std::string const& right);

} // namespace portfoliod::test
