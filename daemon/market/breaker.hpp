#pragma once

#include "base/time.hpp"

#include <chrono>

namespace portfoliod::market {

/// Spares a provider that keeps failing, and everyone the wait for its timeouts: after five
/// failures in a row it is left alone for 5 s, then for twice as long each time, at most 5 min. In
/// between one request goes through as a probe; its success lets all through again.
class Breaker {
  public:
    explicit Breaker(Clock const& clock) : clock_(clock) {}

    /// How long to leave the provider alone; zero = a request may start.
    std::chrono::milliseconds wait();
    /// A request starts; where there have been failures it is the probe, and the others wait for
    /// its end.
    void started();

    void succeeded() { failures_ = 0; }

    void failed();

    /// In a row, at most as many as make a difference.
    [[nodiscard]] int failures() const { return failures_; }

  private:
    [[nodiscard]] std::chrono::milliseconds pause() const;

    Clock const& clock_;
    int failures_ = 0;
    Instant closed_until_; ///< meant only while it is broken
};

} // namespace portfoliod::market
