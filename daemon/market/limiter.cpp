#include "market/limiter.hpp"

#include "base/backoff.hpp"

#include <algorithm>
#include <cassert>

namespace portfoliod::market {

namespace {

constexpr int groups_per_window = 64;
constexpr std::chrono::milliseconds pause_max = std::chrono::hours(24);
constexpr std::chrono::milliseconds speed_window_max = std::chrono::hours(1);
/// After a 429 that names no time. Its jitter is not used: one line stands before each provider.
constexpr Backoff pause_unnamed{std::chrono::seconds(2), std::chrono::minutes(10)};
constexpr double no_jitter = 1;
constexpr double pace_gained = 1.0 / 8; // binary fractions: sums of them are exact
constexpr double pace_min = 1.0 / 64;

std::chrono::milliseconds capped(std::chrono::milliseconds time) {
    return std::clamp(time, std::chrono::milliseconds(0), pause_max);
}

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
    auto free = std::max({now, paused_until_, refused_until_});
    for (auto& window : windows_) {
        leave(window, now);
        free = std::max(free, free_at(window));
        // Slowed down, the window is not shrunk, or what it holds already would keep it shut until
        // it has left; but its requests are spread evenly.
        if (pace_ == 1 || window.length > speed_window_max || window.groups.empty()) continue;
        auto const apart = window.length / std::max(1.0, window.requests_max * pace_);
        free = std::max(free, window.groups.back().last + std::chrono::ceil<Uptime>(apart));
    }
    return free - now;
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

void Limiter::answered() {
    pace_ = std::min(1.0, pace_ + pace_gained);
    unnamed_in_a_row_ = 0;
}

void Limiter::throttled(std::optional<std::chrono::milliseconds> retry_after) {
    if (bool const is_news = paused_for().count() == 0; is_news) {
        pace_ = std::max(pace_min, pace_ / 2);
        if (!retry_after) ++unnamed_in_a_row_;
    }
    auto const unnamed = pause_unnamed.wait(std::max(1, unnamed_in_a_row_), no_jitter);
    pause(retry_after.value_or(unnamed));
}

void Limiter::pause(std::chrono::milliseconds time) {
    paused_until_ = std::max(paused_until_, uptime() + capped(time));
}

void Limiter::refused(std::chrono::milliseconds time) { refused_until_ = uptime() + capped(time); }

void Limiter::resume_pace(double pace) { pace_ = std::clamp(pace, pace_min, 1.0); }

std::chrono::milliseconds Limiter::paused_for() {
    return std::max(Uptime{0}, paused_until_ - uptime());
}

std::vector<WindowUse> Limiter::windows() {
    auto const now = uptime();
    std::vector<WindowUse> uses;
    for (auto& window : windows_) {
        leave(window, now);
        uses.push_back({window.length, window.requests_max, admits(window), window.requests});
    }
    return uses;
}

Limiter::Uptime Limiter::uptime() {
    auto const now = clock_.now();
    elapsed_ += std::max(now - clock_before_, std::chrono::microseconds(0));
    clock_before_ = now;
    return std::chrono::floor<Uptime>(elapsed_);
}

int Limiter::admits(Window const& window) const {
    if (window.length > speed_window_max) return window.requests_max;
    return std::max(1, static_cast<int>(window.requests_max * pace_));
}

/// When enough of its requests have left; long ago when it has room.
Limiter::Uptime Limiter::free_at(Window const& window) const {
    auto requests = window.requests;
    auto free = Uptime{0};
    for (auto const& group : window.groups) {
        if (requests < window.requests_max) break;
        requests -= group.requests;
        free = group.last + window.length;
    }
    return free;
}

void Limiter::leave(Window& window, Uptime now) {
    auto& groups = window.groups;
    while (!groups.empty() && groups.front().last + window.length <= now) {
        window.requests -= groups.front().requests;
        groups.pop_front();
    }
}

} // namespace portfoliod::market
