#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "valuation/figures.hpp"

#include <map>
#include <string>
#include <vector>

namespace portfoliod::performance {

/// A position's row as it was read: what a checkpoint made of this reading holds for.
struct PositionVersion {
    int id = 0;
    int restatements = 0;
};

/// All that one portfolio's current figures rest on.
struct Inputs {
    std::vector<valuation::Holding> holdings;
    std::vector<valuation::Checkpoint> openings; ///< kept checkpoints that hold
    std::vector<valuation::Trade> trades;        ///< after the openings
    std::vector<valuation::Split> splits;
    std::map<int, PositionVersion> versions; ///< by asset
    std::string unreadable;                  ///< why the rows cannot be valued; "" when they can
};

/// By portfolio id; every id asked for has an entry.
std::map<int, Inputs> read_inputs(db::Transaction& transaction, std::vector<int> const& portfolios,
                                  Day today);

} // namespace portfoliod::performance
