#pragma once

#include "base/time.hpp"
#include "market/market.hpp"
#include "schedule/trading.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::schedule {

/// An asset whose quotes are wanted while it is traded.
struct Listed {
    market::Asset asset;
    market::QuotePace pace;
    Trading trading;
    std::optional<Instant> asked; ///< the last attempt
    bool failed = false;          ///< and it brought no answer
};

/// What to ask one provider now.
struct Turn {
    std::string provider;
    std::vector<market::Asset> assets;  ///< the longest not asked first
    std::chrono::milliseconds interval; ///< in which each of the provider's assets gets its turn
};

/// Whose quote is due. Each asset is asked for once in the interval while it is traded, and once more when the prices of its
/// day are final. A provider's requests are spread evenly over the interval; where that would be faster than its pace, the
/// interval becomes longer. Pure: the time is handed in.
class Rota {
  public:
    explicit Rota(std::chrono::milliseconds interval) : interval_(interval) {}

    void change(std::chrono::milliseconds interval) { interval_ = interval; }

    /// Every call takes its turns as taken.
    std::vector<Turn> take_turns(std::vector<Listed> const& all, Instant now);

    /// Whether a quote is wanted at that moment, asked for recently or not.
    static bool wanted(Listed const& one, Instant now);

  private:
    std::optional<Turn> take_turn(std::string const& provider, std::vector<Listed const*> wanted,
                                  Instant now);

    std::chrono::milliseconds interval_;
    std::map<std::string, Instant> next_; ///< provider → when its next request may start
};

} // namespace portfoliod::schedule
