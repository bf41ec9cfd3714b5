#include "market/breaker.hpp"

#include <doctest/doctest.h>

namespace portfoliod::market {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class HandClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return time; }

    Instant time = parse_instant("2026-11-23 12:00:00").value();
};

struct Broken {
    Broken() {
        for (int i = 0; i < 5; ++i) breaker.failed();
    }

    HandClock clock;
    Breaker breaker{clock};
};

} // namespace

TEST_CASE("fewer than five failures in a row leave a provider open") {
    HandClock clock;
    Breaker breaker{clock};
    for (int i = 0; i < 20; ++i) {
        breaker.failed();
        if (i % 4 == 3) breaker.succeeded();
        CHECK(breaker.wait() == milliseconds{0});
    }
}

TEST_CASE("after five failures a provider is left alone, then one request probes it") {
    Broken of;
    CHECK(of.breaker.wait() == seconds{5});
    of.clock.time += seconds{4};
    CHECK(of.breaker.wait() == seconds{1});
    of.clock.time += seconds{1};
    CHECK(of.breaker.wait() == milliseconds{0});
    of.breaker.started();
    CHECK(of.breaker.wait() == seconds{5}); // the probe is on its way
    of.breaker.succeeded();
    of.breaker.started();
    CHECK(of.breaker.wait() == milliseconds{0});
}

TEST_CASE("each failed probe doubles the pause up to five minutes") {
    Broken of;
    for (auto const pause : {5, 10, 20, 40, 80, 160, 300, 300}) {
        CHECK(of.breaker.wait() == seconds{pause});
        of.clock.time += seconds{pause};
        CHECK(of.breaker.wait() == milliseconds{0});
        of.breaker.started();
        of.breaker.failed();
    }
}

TEST_CASE("a probe that never comes back does not close a provider for good") {
    Broken of;
    of.clock.time += seconds{5};
    of.breaker.started();
    of.clock.time += seconds{5};
    CHECK(of.breaker.wait() == milliseconds{0});
}

TEST_CASE("a clock set back does not prolong the pause") {
    Broken of;
    of.clock.time -= std::chrono::hours{24};
    CHECK(of.breaker.wait() == seconds{5});
}

} // namespace portfoliod::market
