#pragma once

#include "base/time.hpp"
#include "market/calendar.hpp"

#include <chrono>
#include <optional>
#include <vector>

/// What a calendar says of one moment; pure.
namespace portfoliod::schedule {

/// So long after a close prices are the day's last ones: closing auctions take minutes, and what is free of charge is
/// up to fifteen minutes late.
inline constexpr auto settling = std::chrono::minutes{20};

struct Trading {
    bool open = false;
    /// When the prices of the last session that is over were final, or will be.
    std::optional<Instant> final_at;
    /// When `open` or what follows from `final_at` changes next.
    std::optional<Instant> changes_at;
};

Trading trading_at(market::Calendar const& calendar, Instant now);

/// Whether figures are to be refreshed now: while anything held is traded, and once after its close.
bool refresh_due(std::vector<Trading> const& held, std::optional<Instant> last_refresh,
                 Instant now);

} // namespace portfoliod::schedule
