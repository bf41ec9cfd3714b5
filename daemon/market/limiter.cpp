#include "market/limiter.hpp"

#include <algorithm>
#include <cassert>

namespace portfoliod::market {

namespace {

constexpr int groups_per_window = 64;
constexpr std::chrono::milliseconds pause_max = std::chrono::hours(24);

} // namespace

std::chrono::milliseconds lasting_spacing(Limits const& limits) {
    std::chrono::milliseconds spacing{0};
    auto const heed = [&](std::optional<int> requests_max, std::chrono::milliseconds length) {
        if (requests_max) spacing = std::max(spacing, length / *requests_max);
    };
    heed(limits.per_second, std::chrono::seconds{1});
    heed(limits.per_minute, std::chrono::minutes{1});
    heed(limits.per_hour, std::chrono::hours{1});
    heed(limits.per_day, std::chrono::hours{24});
    heed(limits.per_month, std::chrono::hours{24 * 30});
    return spacing;
}

Limiter::Limiter(Limits const& limits, Clock const& clock)
    : limits_(limits), clock_(clock), clock_before_(clock.now()) {
    auto const add = [this](std::optional<int> requests_max, Uptime length) {
        if (requests_max) windows_.push_back({length, *requests_max});
    };
    add(limits.per_second, std::chrono::seconds(1));
    add(limits.per_minute, std::chrono::minutes(1));
    add(limits.per_hour, std::chrono::hours(1));
    add(limits.per_day, std::chrono::hours(24));
    add(limits.per_month, std::chrono::hours(24 * 30));
}

std::chrono::milliseconds Limiter::wait() {
    auto const now = uptime();
    auto free_at = std::max(now, paused_until_);
    for (auto& window : windows_) {
        leave(window, now);
        if (window.requests >= window.requests_max)
            free_at = std::max(free_at, window.groups.front().last + window.length);
    }
    return free_at - now;
}

void Limiter::started() {
    auto const now = uptime();
    ++under_way_;
    for (auto& window : windows_) {
        leave(window, now);
        ++window.requests;
        auto& groups = window.groups;
        if (!groups.empty() && now - groups.back().first < window.length / groups_per_window) {
            groups.back().last = now;
            ++groups.back().requests;
        } else {
            groups.push_back({now, now, 1});
        }
    }
}

void Limiter::finished() {
    assert(under_way_ > 0);
    --under_way_;
}

void Limiter::throttled(std::chrono::milliseconds retry_after) {
    auto const pause = std::clamp(retry_after, std::chrono::milliseconds(0), pause_max);
    paused_until_ = std::max(paused_until_, uptime() + pause);
}

Limiter::Uptime Limiter::uptime() {
    auto const now = clock_.now();
    elapsed_ += std::max(now - clock_before_, std::chrono::microseconds(0));
    clock_before_ = now;
    return std::chrono::floor<Uptime>(elapsed_);
}

void Limiter::leave(Window& window, Uptime now) {
    auto& groups = window.groups;
    while (!groups.empty() && groups.front().last + window.length <= now) {
        window.requests -= groups.front().requests;
        groups.pop_front();
    }
}

} // namespace portfoliod::market
