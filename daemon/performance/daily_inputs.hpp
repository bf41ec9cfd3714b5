#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "valuation/daily.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::performance {

/// One portfolio whose snapshots are due.
struct DuePortfolio {
    int id = 0;
    std::optional<Day> first;    ///< the first day to compute; nothing when it has no trades
    std::optional<Day> last;     ///< nothing: yesterday
    valuation::DayBefore before; ///< how the day before ended
};

/// What one portfolio's days rest on, but for the market.
struct DailyInputs {
    std::vector<valuation::Checkpoint> openings; ///< of before the first day
    std::vector<valuation::Trade> trades;        ///< after the openings
    std::vector<valuation::Split> splits;
    std::vector<int> assets; ///< ever held from the first day on, each once
    std::string unreadable;  ///< why the rows cannot be valued; "" when they can
};

/// By portfolio id; every portfolio asked for has an entry.
std::map<int, DailyInputs> read_daily_inputs(db::Transaction& transaction,
                                             std::vector<DuePortfolio> const& due, Day today);

/// Closes and rates for all of them, from the day each is first needed to `last`, with the symbols.
struct MarketRead {
    valuation::MarketSeries series;
    std::map<int, std::string> symbols; ///< by asset
};

MarketRead read_market(db::Transaction& transaction, std::vector<DuePortfolio> const& due,
                       std::map<int, DailyInputs> const& inputs, Day last);

} // namespace portfoliod::performance
