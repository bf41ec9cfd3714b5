#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "service/position_count.hpp"
#include "valuation/decimal.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace portfoliod::service {

using CountedSplits = std::map<int, std::vector<CountedSplit>>; // by asset, in order
using PositionKey = std::pair<int, int>;                        // portfolio, asset

/// A row of portfoliod.ledger_checkpoints that holds.
struct KeptCheckpoint {
    Instant through;
    valuation::Quantity held;
    CountedMoney money;
    std::optional<valuation::Money> cost;
};

/// A row of portfolio_performance_cache.
struct KeptFigures {
    valuation::Cents value, invested, realized, unrealized, fees;
    bool incomplete = false;
};

/// All that is kept of some portfolios.
struct KeptPage {
    std::map<PositionKey, CountedPosition> positions;
    std::map<PositionKey, KeptCheckpoint> checkpoints;
    std::map<int, KeptFigures> figures;
};

/// Of the portfolios from one id to another, both included: what verify judges. The rows as they are, whatever they were made by.
KeptPage read_page(db::Transaction& transaction, int first, int last);

/// Their trades by position, in order of time; those of the same time bought first.
std::map<PositionKey, std::vector<CountedTrade>> read_trades(db::Transaction& transaction,
                                                             int first, int last);

/// Of all assets, those in effect on that day.
CountedSplits read_splits(db::Transaction& transaction, Day today);

} // namespace portfoliod::service
