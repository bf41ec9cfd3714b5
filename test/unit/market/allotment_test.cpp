#include "market/allotment.hpp"
#include "support/memory_budgets.hpp"
#include "unit/market/loop.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace portfoliod;
using market::Allotment;
using market::Limiter;
using market::Limits;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

class SetClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return time; }

    Instant time = parse_instant("2026-11-24 12:00:00").value();
};

asio::awaitable<bool> charged(Allotment& allotment) {
    auto charging = allotment.charge();
    co_await std::move(charging);
    co_return allotment.holds_one();
}

/// One process: what it knows is gone with it.
struct Process {
    Process(Limits const& limits, SetClock const& clock, market::Budgets& budgets)
        : limiter(limits, clock), allotment("test", limiter, &budgets) {}

    /// Sends as many requests as it may now.
    int burst() {
        auto sent = 0;
        while (sent < 100'000 && limiter.wait() == 0ms) {
            if (!allotment.holds_one() && !test::run(loop, charged(allotment))) break;
            allotment.spend();
            limiter.started();
            limiter.finished();
            ++sent;
        }
        return sent;
    }

    asio::io_context loop;
    Limiter limiter;
    Allotment allotment;
};

} // namespace

TEST_CASE("a process that starts anew finds the day's budget as the one before it left it") {
    SetClock clock;
    test::MemoryBudgets budgets{clock};
    Limits const limits{.per_day = 25};
    CHECK(Process{limits, clock, budgets}.burst() == 25);
    clock.time += 1h;
    CHECK(Process{limits, clock, budgets}.burst() == 0);
    Process later{limits, clock, budgets};
    CHECK(later.burst() == 0);
    CHECK(later.limiter.wait() > 22h);
    clock.time += later.limiter.wait();
    CHECK(later.burst() == 25);
}

TEST_CASE("two processes share one budget") {
    SetClock clock;
    test::MemoryBudgets budgets{clock};
    Process one{{.per_hour = 200}, clock, budgets};
    Process two{{.per_hour = 200}, clock, budgets};
    auto sent = 0;
    for (auto i = 0; i < 3; ++i) sent += one.burst() + two.burst();
    CHECK(sent <= 200);
    CHECK(sent >= 190);
}

TEST_CASE("a small limit is charged one by one, a large one in blocks of at most 1/64 of it") {
    SetClock clock;
    test::MemoryBudgets small{clock};
    CHECK(Process{{.per_minute = 60}, clock, small}.burst() == 60);
    CHECK(small.calls == 60);
    test::MemoryBudgets large{clock};
    Process process{{.per_minute = 6400}, clock, large};
    CHECK(process.burst() == 6400);
    CHECK(large.calls < 80); // 1, 2, 4 … 64, then 100 each
}

TEST_CASE("a process that dies costs no more than the block it held") {
    SetClock clock;
    test::MemoryBudgets budgets{clock};
    auto sent = 0;
    for (auto i = 0; i < 100; ++i) {
        Process process{{.per_day = 640}, clock, budgets};
        for (auto n = 0; n < 5 && process.limiter.wait() == 0ms; ++n) {
            if (!process.allotment.holds_one() &&
                !test::run(process.loop, charged(process.allotment)))
                break;
            process.allotment.spend();
            process.limiter.started();
            process.limiter.finished();
            ++sent;
        }
    }
    CHECK(sent <= 640);
    CHECK(budgets.granted <= 640);
    CHECK(sent > 640 / 2);
}

TEST_CASE("what is charged and not sent in time is charged again") {
    SetClock clock;
    test::MemoryBudgets budgets{clock};
    Process process{{.per_minute = 6400}, clock, budgets};
    for (auto i = 0; i < 2; ++i) {
        REQUIRE(test::run(process.loop, charged(process.allotment)));
        process.allotment.spend();
    }
    REQUIRE(test::run(process.loop, charged(process.allotment)));
    CHECK(process.allotment.holds_one());
    clock.time += 2s;
    CHECK_FALSE(process.allotment.holds_one());
}

TEST_CASE("while the budget cannot be charged nothing may be sent, and it is asked again soon") {
    SetClock clock;
    test::MemoryBudgets budgets{clock};
    budgets.reachable = false;
    Process process{{.per_day = 25}, clock, budgets};
    CHECK(process.burst() == 0);
    CHECK_FALSE(process.allotment.reachable());
    CHECK(process.limiter.wait() == 10s);
    budgets.reachable = true;
    clock.time += 10s;
    CHECK(process.burst() == 25);
    CHECK(process.allotment.reachable());
}

TEST_CASE("a pause and a slow pace noted by one process hold for the next, of a provider without "
          "limits too") {
    for (auto const& limits : {Limits{}, Limits{.per_minute = 100}}) {
        SetClock clock;
        test::MemoryBudgets budgets{clock};
        asio::io_context loop;
        CHECK(test::run(loop, budgets.note("test", {.paused_for = 1h, .pace = 0.5})));
        Process next{limits, clock, budgets};
        CHECK(next.burst() == 0);
        CHECK(next.limiter.wait() == 1h);
        CHECK(next.limiter.pace() == 0.5);
        clock.time += 1h;
        CHECK(next.burst() > 0);
    }
}
