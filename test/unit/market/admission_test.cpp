#include "market/admission.hpp"
#include "unit/market/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace portfoliod;
using market::Admission;
using market::Limiter;
using market::Limits;
using market::Permit;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

struct Provider {
    explicit Provider(Limits const& limits)
        : limiter(limits, clock), admission(timers, limiter, allotment) {}

    SystemClock clock;
    asio::io_context loop;
    SteadyTimers timers{loop.get_executor()};
    Limiter limiter;
    market::Allotment allotment{"test", limiter, nullptr};
    Admission admission;
};

asio::awaitable<void> note_turn(Admission& admission, std::string& turns, char name) {
    auto turn = admission.acquire(10s);
    auto const permit = co_await std::move(turn);
    turns += permit ? name : '-';
}

void ask(Provider& provider, std::string& turns, char name, asio::cancellation_slot slot = {}) {
    asio::co_spawn(provider.loop, note_turn(provider.admission, turns, name),
                   asio::bind_cancellation_slot(slot, [](std::exception_ptr const&) {}));
}

std::optional<Permit> acquired(Provider& provider, std::chrono::milliseconds max_wait) {
    return test::run(provider.loop, provider.admission.acquire(max_wait));
}

} // namespace

TEST_CASE("a free provider admits at once and counts the request until the permit goes") {
    Provider provider({.concurrency = 1});
    {
        auto const permit = acquired(provider, 0ms);
        CHECK(permit);
        CHECK_FALSE(provider.limiter.slot_free());
        CHECK_FALSE(acquired(provider, 0ms));
    }
    CHECK(provider.limiter.slot_free());
    CHECK(acquired(provider, 0ms));
}

TEST_CASE("whoever came first is admitted first") {
    Provider provider({.concurrency = 1});
    std::string turns;
    std::optional<Permit> first = acquired(provider, 0ms);
    for (char const name : {'a', 'b', 'c'}) ask(provider, turns, name);
    provider.loop.restart();
    provider.loop.poll();
    CHECK(turns.empty());
    CHECK(provider.admission.waiting() == 3);
    first.reset();
    provider.loop.run();
    CHECK(turns == "abc");
}

TEST_CASE("a wait known to be longer than allowed is not begun") {
    Provider provider({.per_minute = 1, .concurrency = 4});
    CHECK(acquired(provider, 0ms));
    CHECK_FALSE(acquired(provider, 30s));
}

TEST_CASE("a wait for a slot ends when its time is up") {
    Provider provider({.concurrency = 1});
    auto const held = acquired(provider, 0ms);
    CHECK_FALSE(acquired(provider, 5ms));
    CHECK(provider.admission.waiting() == 0);
}

TEST_CASE("the first in line is admitted as soon as the window frees") {
    Provider provider({.per_second = 1, .concurrency = 4});
    CHECK(acquired(provider, 0ms));
    auto const start = std::chrono::steady_clock::now();
    CHECK(acquired(provider, 10s));
    CHECK(std::chrono::steady_clock::now() - start > 900ms);
}

TEST_CASE("whoever is cancelled leaves the line, and the next one moves up") {
    Provider provider({.concurrency = 1});
    std::string turns;
    asio::cancellation_signal cancel;
    std::optional<Permit> first = acquired(provider, 0ms);
    ask(provider, turns, 'a', cancel.slot());
    ask(provider, turns, 'b');
    provider.loop.restart();
    provider.loop.poll();
    cancel.emit(asio::cancellation_type::terminal);
    provider.loop.poll();
    CHECK(provider.admission.waiting() == 1);
    first.reset();
    provider.loop.run();
    CHECK(turns == "b");
}
