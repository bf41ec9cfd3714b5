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
