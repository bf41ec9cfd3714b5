#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "performance/performance.hpp"
#include "valuation/figures.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::performance {

/// A position's row as it was read: what a checkpoint made of this reading holds for.
struct PositionVersion {
    int id = 0;
    int restatements = 0;
};

/// What a portfolio's returns start from on the day of its first trade.
inline valuation::History before_first_trade() {
    auto const one = valuation::DayBefore::one();
    return {.yesterday = {}, .week = one, .month = one, .year = one};
}

/// All that one portfolio's current figures rest on.
struct Inputs {
    std::vector<valuation::Holding> holdings;
    std::vector<valuation::Checkpoint> openings; ///< kept checkpoints that hold
    std::vector<valuation::Trade> trades;        ///< after the openings
    std::vector<valuation::Split> splits;
    std::map<int, PositionVersion> versions; ///< by asset
    /// Nothing while snapshots are still to be computed.
    std::optional<valuation::History> history = before_first_trade();
    std::string unreadable; ///< why the rows cannot be valued; "" when they can
};

/// All columns of portfoliod.valuation_inputs().
inline constexpr std::string_view input_columns =
    "kind, portfolio_id, asset_id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t";

/// What its rows say, from the first-th on, by portfolio id: of those that were locked.
std::map<int, Inputs> inputs_of(db::Rows const& rows, int first);

/// Locks the portfolios and reads, by portfolio id. One that is gone, or that a transaction in progress holds, has no entry. Checkpoints
/// that count what is restated are forgotten.
std::map<int, Inputs> lock_and_read_inputs(db::Transaction& transaction,
                                           std::vector<int> const& portfolios, Day today,
                                           std::vector<Restatement> const& restated);

} // namespace portfoliod::performance
