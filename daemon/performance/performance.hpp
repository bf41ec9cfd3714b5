#pragma once

#include "base/time.hpp"
#include "db/session.hpp"

#include <map>
#include <string>
#include <vector>

namespace portfoliod::performance {

struct Inputs; // of one portfolio, in performance/inputs.hpp

struct Refreshed {
    int changed = 0; ///< portfolios whose figures changed
    std::vector<int>
        held_back; ///< left alone: a transaction in progress holds them, or they are gone
};

/// Rates that are others now, for all days from one on.
struct Restatement {
    std::string currency; ///< "" for all of them
    Day since;
};

/// Recomputes portfolio_performance_cache for these portfolios, sorted by id, in the caller's transaction: locks them,
/// reads what the figures rest on, has them valued, writes them, and announces portfolio_updated where one changed.
/// One that cannot be valued is logged and keeps its old figures; the others are not concerned.
/// Trades counted before are not read again, unless they were changed or rest on a restated rate.
Refreshed refresh(db::Transaction& transaction, std::vector<int> const& portfolios, Day today,
                  std::vector<Restatement> const& restated = {});

/// The same of inputs that are read and locked already, by portfolio, as lock_and_read_inputs() has them.
Refreshed refresh(db::Transaction& transaction, std::vector<int> const& portfolios, Day today,
                  std::map<int, Inputs> const& locked);

/// The next portfolios, by id, that have figures or something to make them of.
std::vector<int> portfolios_after(db::Transaction& transaction, int last, int batch_max);

/// Those whose figures a changed price of these assets or rate of these currencies can move.
std::vector<int> affected(db::Transaction& transaction, std::vector<int> const& assets,
                          std::vector<std::string> const& currencies);

} // namespace portfoliod::performance
