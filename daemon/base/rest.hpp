#pragma once

#include <algorithm>
#include <chrono>

namespace portfoliod {

/// How long work that is never at an end rests after a pass: `share` times what that took, within bounds, so that it has no more
/// than its part of the machine however much there is to do. No timer in it.
struct Rest {
    int share;
    std::chrono::milliseconds shortest;
    std::chrono::milliseconds longest;

    [[nodiscard]] std::chrono::milliseconds after(std::chrono::nanoseconds took) const {
        return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(took * share), shortest,
                          longest);
    }
};

} // namespace portfoliod
