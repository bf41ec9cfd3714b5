#include "schedule/due.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;

TEST_CASE("the next time of day is today's if it is still to come, else tomorrow's") {
    auto const day = Instant{Day{2026y / 11 / 23}};
    CHECK(schedule::next_daily(day, 3h) == day + 3h);
    CHECK(schedule::next_daily(day + 2h + 59min, 3h) == day + 3h);
    CHECK(schedule::next_daily(day + 3h, 3h) == day + 27h);
    CHECK(schedule::next_daily(day + 23h, 3h) == day + 27h);
}
