#include "market/breaker.hpp"

#include <algorithm>

namespace portfoliod::market {

namespace {

constexpr int failures_max = 5;
constexpr std::chrono::milliseconds pause_first = std::chrono::seconds{5};
constexpr std::chrono::milliseconds pause_max = std::chrono::minutes{5};
constexpr int doublings_max = 6;

} // namespace

std::chrono::milliseconds Breaker::pause() const {
    auto const doublings = std::clamp(failures_ - failures_max, 0, doublings_max);
    return std::min(pause_first * (1 << doublings), pause_max);
}

std::chrono::milliseconds Breaker::wait() {
    using std::chrono::milliseconds;
    if (failures_ < failures_max) return milliseconds{0};
    auto const now = clock_.now();
    // A clock set back must not prolong the pause.
    closed_until_ = std::min(closed_until_, now + pause());
    return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(closed_until_ - now));
}

void Breaker::started() {
    if (failures_ >= failures_max) closed_until_ = clock_.now() + pause();
}

void Breaker::failed() {
    failures_ = std::min(failures_ + 1, failures_max + doublings_max);
    closed_until_ = clock_.now() + pause();
}

} // namespace portfoliod::market
