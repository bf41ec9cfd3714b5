#pragma once

#include <chrono>
#include <cstdint>

namespace portfoliod::test {

/// Many assets' history from one provider with a limit of so many requests a minute that answers
/// some of them badly: a third of those with 429 (with and without Retry-After), a third with 500,
/// a third cut off.
struct ThrottledMarket {
    int assets = 200;
    int per_minute = 60;
    int bad_percent = 5;
    std::uint64_t seed = 1;
};

struct ThrottledRun {
    std::chrono::milliseconds took{0};     ///< by the simulated clock, to the last job's end
    std::chrono::milliseconds dictated{0}; ///< what one request an asset takes at the limit
    int completed = 0;
    int requests = 0;         ///< that the provider got
    int bad = 0;              ///< of them answered badly
    int too_many = 0;         ///< of them with 429
    int most_in_a_minute = 0; ///< in any minute, also one that begins between two full ones
    int in_a_pause = 0;       ///< sent while a Retry-After ran
};

/// The real way of a request: market, line, limiter, breaker, stored budget, HTTPS over loopback,
/// and the queue's rules for what failed. Only the queue's and the budget's tables are kept in
/// memory, and the clock that all of it waits by is simulated: while a request is under way it
/// stands still.
ThrottledRun run(ThrottledMarket const& market);

} // namespace portfoliod::test
