#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "performance/performance.hpp"
#include "valuation/figures.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
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

struct Market;

/// Makes them of the rows of portfoliod.valuation_inputs(), of all its columns.
class InputReader {
  public:
    InputReader();
    InputReader(InputReader const&) = delete;
    InputReader& operator=(InputReader const&) = delete;
    ~InputReader();

    void add(db::Row row);
    /// By portfolio id, after the last row: those that were locked.
    [[nodiscard]] std::map<int, Inputs> done();

  private:
    std::unique_ptr<Market> market_;
    std::map<int, Inputs> inputs_;
    std::vector<db::Row> positions_; ///< until all of the market is known
};

/// Locks the portfolios and reads, by portfolio id. One that is gone, or that a transaction in progress holds, has no entry. Checkpoints
/// that count what is restated are forgotten.
std::map<int, Inputs> lock_and_read_inputs(db::Transaction& transaction,
                                           std::vector<int> const& portfolios, Day today,
                                           std::vector<Restatement> const& restated);

} // namespace portfoliod::performance
