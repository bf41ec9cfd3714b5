#pragma once

#include <chrono>
#include <cstdint>

namespace portfoliod {

/// Exponential back-off with jitter, no timer in it: failure n waits a random time between half and
/// all of first * growth^(n-1), at most `cap`. The caller supplies the randomness, so that tests can.
struct Backoff {
    std::chrono::milliseconds first;
    std::chrono::milliseconds cap;
    int growth = 2;

    /// failures >= 1; random in [0, 1).
    [[nodiscard]] std::chrono::milliseconds wait(int failures, double random) const {
        auto full = first;
        for (int i = 1; i < failures && full < cap; ++i) full *= growth;
        if (full > cap) full = cap;
        auto const share = 0.5 + random / 2;
        return std::chrono::milliseconds{
            static_cast<std::int64_t>(static_cast<double>(full.count()) * share)};
    }
};

} // namespace portfoliod
