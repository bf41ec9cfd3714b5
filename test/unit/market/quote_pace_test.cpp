#include "market/limiter.hpp"

#include <doctest/doctest.h>

using namespace portfoliod::market;
using namespace std::chrono_literals;

TEST_CASE("the spacing that lasts is that of the tightest limit") {
    CHECK(lasting_spacing({}) == 0ms);
    CHECK(lasting_spacing({.per_minute = 30}) == 2s);
    CHECK(lasting_spacing({.per_second = 10, .per_hour = 600}) == 6s);
    CHECK(lasting_spacing({.per_minute = 5, .per_day = 25}) == 3456s);
    CHECK(lasting_spacing({.per_month = 1000}) == 2592s);
}
