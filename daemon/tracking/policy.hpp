#pragma once

#include "base/backoff.hpp"

#include <chrono>
#include <string>

namespace portfoliod::tracking {

/// The `backfill` part of the configuration.
struct Policy {
    int concurrency = 4; ///< history requests under way at once
    /// PostgreSQL intervals, so that a year is a calendar year.
    std::string history_before_purchase = "1 years";
    std::string close_only_after = "2 years";
    int max_attempts = 5;
    std::chrono::seconds keep_completed = std::chrono::hours{7 * 24};

    /// Longer than any answer may take; a job whose daemon died is taken over after it.
    std::chrono::seconds lease = std::chrono::minutes{10};
    /// The first try again comes soon, for most failures are one answer's; five tries together outlast minutes.
    Backoff backoff{std::chrono::seconds{2}, std::chrono::hours{1}, 4};
};

} // namespace portfoliod::tracking
