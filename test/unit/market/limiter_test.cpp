#include "market/limiter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace portfoliod;
using market::Limiter;
using market::Limits;
using namespace std::chrono_literals;

namespace {

class SetClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return now_; }

    void advance(std::chrono::microseconds time) { now_ += time; }

  private:
    Instant now_ = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
};

/// Starts and finishes as many requests as it may now.
int burst(Limiter& limiter) {
    int count = 0;
    while (limiter.slot_free() && limiter.wait() == 0ms && count < 100'000) {
        limiter.started();
        limiter.finished();
        ++count;
    }
    return count;
}

} // namespace

TEST_CASE("without limits only the slots count") {
    SetClock const clock;
    Limiter limiter({.concurrency = 2}, clock);
    limiter.started();
    CHECK(limiter.slot_free());
    limiter.started();
    CHECK_FALSE(limiter.slot_free());
    CHECK(limiter.wait() == 0ms);
    limiter.finished();
    CHECK(limiter.slot_free());
}

TEST_CASE("a used-up window frees when it has passed since its first request") {
    SetClock clock;
    Limiter limiter({.per_minute = 3}, clock);
    CHECK(burst(limiter) == 3);
    CHECK(limiter.wait() == 60s);
    clock.advance(59s);
    CHECK(limiter.wait() == 1s);
    clock.advance(1s);
    CHECK(burst(limiter) == 3);
}

TEST_CASE("of several limits the one that waits longest counts") {
    SetClock clock;
    Limiter limiter({.per_second = 2, .per_day = 3}, clock);
    CHECK(burst(limiter) == 2);
    CHECK(limiter.wait() == 1s);
    clock.advance(1s);
    CHECK(burst(limiter) == 1);
    CHECK(limiter.wait() == 24h); // those close together leave the window together
    Limiter monthly({.per_month = 1}, clock);
    CHECK(burst(monthly) == 1);
    CHECK(monthly.wait() == 24h * 30);
}

TEST_CASE("no window of its length ever holds more requests than the limit, and nearly all of them "
          "are used") {
    SetClock clock;
    Limiter limiter({.per_minute = 30}, clock);
    std::vector<Instant> starts;
    for (int i = 0; i < 20'000; ++i) {
        if (limiter.wait() == 0ms) {
            limiter.started();
            limiter.finished();
            starts.push_back(clock.now());
        }
        clock.advance(std::chrono::milliseconds(7 + i * 37 % 90));
    }
    for (std::size_t i = 30; i < starts.size(); ++i) REQUIRE(starts[i] - starts[i - 30] >= 60s);
    auto const minutes = (starts.back() - starts.front()) / 1min;
    CHECK(static_cast<long>(starts.size()) >= 29 * minutes);
}

TEST_CASE("a provider that says too many is left alone for as long as it asked, a day at most") {
    SetClock clock;
    Limiter limiter({}, clock);
    limiter.throttled(90s);
    limiter.throttled(30s);
    CHECK(limiter.wait() == 90s);
    clock.advance(90s);
    CHECK(limiter.wait() == 0ms);
    limiter.throttled(24h * 365);
    CHECK(limiter.wait() == 24h);
    limiter.throttled(-5s);
    CHECK(limiter.wait() == 24h);
}

TEST_CASE("a clock set back delays nothing beyond what was left to wait") {
    SetClock clock;
    Limiter limiter({.per_minute = 1}, clock);
    limiter.started();
    clock.advance(20s);
    CHECK(limiter.wait() == 40s);
    clock.advance(-24h);
    CHECK(limiter.wait() == 40s);
    clock.advance(40s);
    CHECK(limiter.wait() == 0ms);
}

TEST_CASE("too many halves the pace, and each good answer gives an eighth of the limit back") {
    SetClock clock;
    Limiter limiter({.per_minute = 60}, clock);
    CHECK(limiter.pace() == 1);
    CHECK(burst(limiter) == 60);
    clock.advance(60s);
    limiter.throttled(2s);
    CHECK(limiter.pace() == 0.5);
    CHECK(burst(limiter) == 0);
    clock.advance(2s);
    for (auto const apart : {2000ms, 1600ms, 1334ms, 1143ms}) {
        CHECK(burst(limiter) == 1);
        CHECK(limiter.wait() == apart);
        CHECK(limiter.windows().front().requests_max == 60);
        CHECK(limiter.windows().front().requests_max_now == static_cast<int>(60 * limiter.pace()));
        limiter.answered();
        clock.advance(apart);
    }
    CHECK(limiter.pace() == 1);
    CHECK(burst(limiter) == 56);
    limiter.answered();
    CHECK(limiter.pace() == 1);
}

TEST_CASE(
    "a provider that goes on saying too many is asked ever more slowly, once in each window at "
    "least") {
    SetClock clock;
    Limiter limiter({.per_minute = 30}, clock);
    for (auto i = 0; i < 20; ++i) {
        limiter.throttled(2s);
        clock.advance(2s);
    }
    CHECK(limiter.windows().front().requests_max_now == 1);
    CHECK(burst(limiter) == 1);
    CHECK(limiter.wait() == 60s);
}

TEST_CASE("too many answered to requests that were under way when it was first said halve once") {
    SetClock clock;
    Limiter limiter({.per_minute = 60, .concurrency = 4}, clock);
    for (auto i = 0; i < 4; ++i) limiter.throttled(5s);
    CHECK(limiter.pace() == 0.5);
    CHECK(limiter.wait() == 5s);
}

TEST_CASE("too many without a time waits two seconds, then twice as long each time, ten minutes at "
          "most") {
    SetClock clock;
    Limiter limiter({}, clock);
    for (auto const pause : {2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 512s, 600s, 600s}) {
        limiter.throttled(std::nullopt);
        CHECK(limiter.wait() == pause);
        clock.advance(pause);
    }
    limiter.answered();
    limiter.throttled(std::nullopt);
    CHECK(limiter.wait() == 2s);
}

TEST_CASE("a day's budget is an amount and not a speed: too many does not halve it") {
    SetClock clock;
    Limiter limiter({.per_hour = 10, .per_day = 25, .per_month = 500}, clock);
    limiter.throttled(1s);
    auto const windows = limiter.windows();
    CHECK(windows.at(0).requests_max_now == 5);
    CHECK(windows.at(1).requests_max_now == 25);
    CHECK(windows.at(2).requests_max_now == 500);
}

TEST_CASE("what the stored budget refuses waits as long as it says, and no longer than it said "
          "last") {
    SetClock clock;
    Limiter limiter({}, clock);
    limiter.refused(90s);
    CHECK(limiter.wait() == 90s);
    limiter.refused(5s);
    CHECK(limiter.wait() == 5s);
    limiter.refused(24h * 20);
    CHECK(limiter.wait() == 24h);
}
