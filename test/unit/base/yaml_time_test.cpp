#include "base/backoff.hpp"
#include "base/duration.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;

TEST_CASE("a day is written and read as year, month, day, and only days that exist") {
    CHECK(to_text(Day{2026y / 2 / 28}) == "2026-02-28");
    CHECK(parse_day("2024-02-29") == Day{2024y / 2 / 29});
    for (auto const* text :
         {"2023-02-29", "2023-2-09", "2023-02-09 ", "", "yyyy-mm-dd", "2023-13-01"})
        CHECK(!parse_day(text));
}

TEST_CASE("an instant is written and read as PostgreSQL does, to the microsecond") {
    auto const noon = Instant{Day{2026y / 11 / 23}} + 12h;
    CHECK(to_text(noon) == "2026-11-23 12:00:00");
    CHECK(to_text(noon + 1us) == "2026-11-23 12:00:00.000001");
    CHECK(parse_instant("2026-11-23 12:00:00") == noon);
    CHECK(parse_instant("2026-11-23T12:00:00.5") == noon + 500ms);
    CHECK(parse_instant(to_text(noon + 123456us)) == noon + 123456us);
    for (auto const* text : {"2026-11-23", "2026-11-23 24:00:00", "2026-11-23 12:00:60",
                             "2026-11-23 12:00:00.", "2026-11-23 12:00:00+01", "infinity"})
        CHECK(!parse_instant(text));
}

TEST_CASE("a duration is a whole number and one unit, and m are minutes") {
    auto const read = [](std::string const& text) {
        return duration(*yaml::Node::parse("t: " + text, "f").find("t"));
    };
    CHECK(read("90s") == 90s);
    CHECK(read("5m") == 5min);
    CHECK(read("2h") == 2h);
    CHECK(read("7d") == 168h);
    CHECK(read("1y") == std::chrono::hours{24 * 365});
    for (auto const* text : {"5", "m", "0s", "-5m", "1.5h", "5 m", "5min", "999999999999999999y"})
        CHECK_THROWS_AS(read(text), ConfigError);
}

TEST_CASE("back-off doubles up to its cap and is spread over its upper half") {
    auto const backoff = Backoff{100ms, 1s};
    CHECK(backoff.wait(1, 0.0) == 50ms);
    CHECK(backoff.wait(1, 0.999999) < 100ms);
    CHECK(backoff.wait(3, 0.0) == 200ms);
    CHECK(backoff.wait(4, 0.5) == 600ms);
    CHECK(backoff.wait(1000, 0.0) == 500ms);
    CHECK(Backoff{100ms, 10s, 4}.wait(3, 0.0) == 800ms);
}
