#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "valuation/figures.hpp"

#include <map>
#include <string>
#include <vector>

namespace portfoliod::performance {

/// All that one portfolio's current figures rest on.
struct Inputs {
    std::vector<valuation::Holding> holdings;
    std::vector<valuation::Trade> trades;
    std::vector<valuation::Split> splits;
    std::string unreadable; ///< why the rows cannot be valued; "" when they can
};

/// By portfolio id; every id asked for has an entry.
std::map<int, Inputs> read_inputs(db::Transaction& transaction, std::vector<int> const& portfolios,
                                  Day today);

} // namespace portfoliod::performance
