#pragma once

#include "db/session.hpp"
#include "valuation/daily.hpp"

#include <map>
#include <string>
#include <vector>

namespace portfoliod::performance {

/// A JSON array of {asset_id, symbol, quantity, split_factor, price, price_date, currency, rate, value_usd}, decimals as strings
/// without trailing zeros.
std::string positions_json(std::span<valuation::DayPosition const> positions,
                           valuation::MarketSeries const& market,
                           std::map<int, std::string> const& symbols);

/// Stages days for merge_snapshots(): a COPY whenever many have come together, so that memory does not grow with a
/// portfolio's years.
class SnapshotRows {
  public:
    explicit SnapshotRows(db::Transaction& transaction);

    /// Throws CannotValue when an amount does not fit its column.
    void add(int portfolio, valuation::DayValue const& day, std::string positions);
    /// Takes back what was added for this portfolio.
    void drop(int portfolio);
    void flush();

  private:
    db::Transaction& transaction_;
    std::vector<db::CopyRow> rows_;
    std::size_t bytes_ = 0;
};

} // namespace portfoliod::performance
