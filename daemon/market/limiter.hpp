#pragma once

#include "base/time.hpp"
#include "market/limits.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

namespace portfoliod::market {

/// When the next request to one provider may start. Counts the requests of each window (second,
/// minute, hour, day, 30 days) instead of filling a bucket: a full bucket and its refill together
/// admit twice the limit within one window, and a provider that counts would block us. Pure: no
/// timers; whoever sends reports started() and finished().
class Limiter {
  public:
    Limiter(Limits const& limits, Clock const& clock);

    /// Whether fewer requests are under way than the provider allows.
    [[nodiscard]] bool slot_free() const { return under_way_ < limits_.concurrency; }

    /// How long until its windows admit a request and a requested pause is over; 0 = now. Says
    /// nothing of slots.
    std::chrono::milliseconds wait();

    void started();
    void finished();
    /// The provider said "too many": no request before this time, capped at a day, has passed.
    void throttled(std::chrono::milliseconds retry_after);

  private:
    /// Time since construction that never runs backwards: a clock set back stands still, one set
    /// forward only frees windows early.
    using Uptime = std::chrono::milliseconds;

    /// Requests that started close together (1/64 of the window); they leave the window with their
    /// last one.
    struct Group {
        Uptime first;
        Uptime last;
        int requests;
    };

    struct Window {
        Uptime length;
        int requests_max;
        int requests = 0;
        std::deque<Group> groups = {};
    };

    Uptime uptime();
    static void leave(Window& window, Uptime now);

    Limits limits_;
    Clock const& clock_;
    std::vector<Window> windows_;
    Instant clock_before_;
    std::chrono::microseconds elapsed_{0};
    Uptime paused_until_{0};
    int under_way_ = 0;
};

} // namespace portfoliod::market
