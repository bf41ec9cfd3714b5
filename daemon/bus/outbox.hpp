#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "performance/inputs.hpp"
#include "performance/snapshots.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::bus {

/// What has changed since the last drain, each subject once.
struct Changes {
    std::vector<int> portfolios;         ///< with a changed ledger; some may be gone by now
    std::vector<int> reheld_assets;      ///< held by others, or since other days, than before
    std::vector<int> priced_assets;      ///< with changed prices or splits
    std::vector<std::string> currencies; ///< with changed rates
    std::vector<performance::Restatement> restated; ///< which of their days, each once
    performance::Touched past; ///< from which day on what snapshots rest on is another
    std::int64_t rows = 0;     ///< outbox rows taken
};

struct Taken {
    Changes changes;
    /// What the figures of changes.portfolios rest on, of those that could be locked; nothing where it is not read yet: only of a few
    /// trades that move no day which is over is it read along with them.
    std::optional<std::map<int, performance::Inputs>> inputs = {};
};

/// Takes up to rows_max rows out of the outbox; they are back if the transaction is not committed. Days before next_day are over.
Taken take_changes(db::Transaction& transaction, int rows_max, Day today, Day next_day);

/// Puts back what a transaction in progress holds; returns how many rows that made.
std::int64_t come_back_to(db::Transaction& transaction, std::vector<int> const& portfolios,
                          std::vector<int> const& assets,
                          std::vector<performance::Restatement> const& restated);

} // namespace portfoliod::bus
