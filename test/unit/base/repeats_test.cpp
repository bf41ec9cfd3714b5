#include "base/repeats.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;
using log::Line;
using log::Repeats;

namespace {

constexpr Repeats::Time start{1h};

Line failure(int portfolio, std::string message = "cannot be valued") {
    return {Happening::portfolio_not_valued, std::move(message), {{"PORTFOLIO_ID", portfolio}}};
}

} // namespace

TEST_CASE("the first line of a cause is written at once, like ones are counted, and in ten minutes "
          "one says so") {
    Repeats repeats;
    auto const first = repeats.offer(failure(1), start);
    REQUIRE(first.size() == 1);
    CHECK(first[0].repeated == 0);
    for (auto i = 1; i <= 36; ++i) CHECK(repeats.offer(failure(1), start + i * 10s).empty());
    auto const later = repeats.offer(failure(1, "still not"), start + 10min);
    REQUIRE(later.size() == 1);
    CHECK(later[0].repeated == 37);
    CHECK(later[0].within == 10min);
    CHECK(later[0].message == "still not");
    // And so on, as long as it lasts.
    CHECK(repeats.offer(failure(1), start + 11min).empty());
    CHECK(repeats.offer(failure(1), start + 20min).at(0).repeated == 2);
}

TEST_CASE("what was counted is told although the cause has ended, once") {
    Repeats repeats;
    CHECK(repeats.offer(failure(1), start).size() == 1);
    CHECK(repeats.offer(failure(1, "the last time"), start + 1s).empty());
    CHECK(repeats.due(start + 9min).empty());
    auto const told = repeats.due(start + 10min);
    REQUIRE(told.size() == 1);
    CHECK(told[0].message == "the last time");
    CHECK(told[0].repeated == 1);
    CHECK(repeats.due(start + 20min).empty());
    CHECK(repeats.offer(failure(1), start + 21min).at(0).repeated == 0);
}

TEST_CASE(
    "what happens to another is another cause, and what is told once a cause is never counted") {
    Repeats repeats;
    CHECK(repeats.offer(failure(1), start).size() == 1);
    CHECK(repeats.offer(failure(2), start).size() == 1);
    CHECK(repeats.offer(failure(2), start).empty());
    for (auto i = 0; i < 3; ++i)
        CHECK(
            repeats.offer({Happening::history_loaded, "loaded", {{"ASSET_ID", 1}}}, start).size() ==
            1);
    // A line of any kind brings up what is due.
    auto const lines = repeats.offer({Happening::listening, "listening"}, start + 10min);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].happening == Happening::portfolio_not_valued);
    CHECK(lines[1].happening == Happening::listening);
}

TEST_CASE("no more causes are remembered than the limit, and the oldest is forgotten first") {
    Repeats repeats;
    auto const causes = static_cast<int>(Repeats::causes_max);
    for (auto i = 0; i <= causes; ++i)
        CHECK(repeats.offer(failure(i), start + i * 1ms).size() == 1);
    CHECK(repeats.offer(failure(causes), start + 1s).empty());
    CHECK(repeats.offer(failure(0), start + 1s).size() == 1);
}
