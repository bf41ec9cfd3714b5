#pragma once

#include "base/time.hpp"
#include "market/budgets.hpp"
#include "market/limits.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace portfoliod::market {

/// When the next request to one provider may start. Counts the requests of each window (second,
/// minute, hour, day, 30 days) instead of filling a bucket: a full bucket and its refill together
/// admit twice the limit within one window, and a provider that counts would block us. Pure: no
/// timers; whoever sends reports started() and finished().
///
/// The pace is the share of its speed limits (windows up to an hour; a day's budget is an amount,
/// not a speed) that is used. It follows AIMD, as TCP's congestion avoidance does (RFC 5681, 3.1):
/// "too many" halves it, every good answer gives an eighth of the limit back, so that senders who
/// share a limit unknown to them settle below it. Below 1, requests are spread evenly: one every
/// length / (limit * pace). While a pause is on nothing is sent, so "too many" then comes from
/// requests that were under way before: they do not halve it again.
class Limiter {
  public:
    /// Time since construction that never runs backwards: a clock set back stands still, one set
    /// forward only frees windows early.
    using Uptime = std::chrono::milliseconds;

    Limiter(Limits const& limits, Clock const& clock);

    /// Whether fewer requests are under way than the provider allows.
    [[nodiscard]] bool slot_free() const { return under_way_ < limits_.concurrency; }

    [[nodiscard]] int under_way() const { return under_way_; }

    /// How long until its windows admit a request and a requested pause is over; 0 = now. Says
    /// nothing of slots.
    std::chrono::milliseconds wait();

    void started();
    void finished();

    /// A request was answered as it should.
    void answered();
    /// The provider said "too many": no request before this time, capped at a day, has passed.
    /// Without a time: two seconds, twice as long for each further one, at most ten minutes.
    void throttled(std::optional<std::chrono::milliseconds> retry_after);
    /// It asked to be left alone without calling us too fast; capped at a day.
    void pause(std::chrono::milliseconds time);
    /// The stored budget admits nothing before this time, capped at a day, has passed.
    void refused(std::chrono::milliseconds time);
    /// Takes up a pace noted before a restart.
    void resume_pace(double pace);

    [[nodiscard]] double pace() const { return pace_; }

    /// How much of a requested pause is left.
    std::chrono::milliseconds paused_for();
    std::vector<WindowUse> windows();
    Uptime uptime();

  private:
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

    [[nodiscard]] int admits(Window const& window) const;
    [[nodiscard]] Uptime free_at(Window const& window) const;
    static void leave(Window& window, Uptime now);

    Limits limits_;
    Clock const& clock_;
    std::vector<Window> windows_;
    Instant clock_before_;
    std::chrono::microseconds elapsed_{0};
    Uptime paused_until_{0};
    Uptime refused_until_{0};
    double pace_ = 1;
    int unnamed_in_a_row_ = 0;
    int under_way_ = 0;
};

} // namespace portfoliod::market
