#pragma once

#include "base/time.hpp"

#include <chrono>

/// When something is due; pure.
namespace portfoliod::schedule {

/// The next time of day (UTC) after now; exactly now counts as over.
inline Instant next_daily(Instant now, std::chrono::minutes time_of_day) {
    auto const today = std::chrono::floor<std::chrono::days>(now) + time_of_day;
    return now < today ? Instant{today} : Instant{today + std::chrono::days{1}};
}

} // namespace portfoliod::schedule
