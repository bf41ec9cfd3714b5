#include "tracking/backfill_queue.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;
using market::OutcomeKind;
using tracking::Verdict;

namespace {

tracking::PutOff put_off(OutcomeKind kind, int attempts,
                         std::optional<std::chrono::seconds> wait = std::nullopt) {
    return tracking::put_off_for({kind, "said so", wait}, attempts, {}, 0.0);
}

} // namespace

TEST_CASE("being told to wait waits as long as told, at least the back-off, and is no failed try") {
    CHECK(put_off(OutcomeKind::rate_limited, 0, 900s).verdict == Verdict::rate_limited);
    CHECK(put_off(OutcomeKind::rate_limited, 0, 900s).wait == 900s);
    CHECK(put_off(OutcomeKind::rate_limited, 0, 1s).wait == 1s);
    CHECK(put_off(OutcomeKind::rate_limited, 0).wait == 1s);
}

TEST_CASE("what may pass is tried again, later each time") {
    for (auto const kind : {OutcomeKind::transient, OutcomeKind::malformed}) {
        CHECK(put_off(kind, 0).verdict == Verdict::transient);
        CHECK(put_off(kind, 0).wait == 1s);
        CHECK(put_off(kind, 3).wait == 64s);
        CHECK(put_off(kind, 100).wait == 1800s);
        CHECK(put_off(kind, 0).message == "said so");
    }
}

TEST_CASE("what will not pass by waiting has failed at once") {
    for (auto const kind : {OutcomeKind::unknown_symbol, OutcomeKind::refused})
        CHECK(put_off(kind, 0).verdict == Verdict::permanent);
}

TEST_CASE("days older than any provider serves have failed without keeping newer ones from being "
          "asked for") {
    auto const how = put_off(OutcomeKind::out_of_range, 0);
    CHECK(how.verdict == Verdict::unserved);
    CHECK(how.message == "said so; these days stay missing unless a provider that reaches back "
                         "further is added to the route");
}

TEST_CASE(
    "a provider that refuses our key fails the job without keeping newer days from being asked "
    "for") {
    CHECK(put_off(OutcomeKind::denied, 0).verdict == Verdict::unserved);
    CHECK(put_off(OutcomeKind::denied, 0).message == "said so");
}

TEST_CASE("a server in trouble that says for how long is asked no sooner") {
    CHECK(put_off(OutcomeKind::transient, 0, 600s).verdict == Verdict::transient);
    CHECK(put_off(OutcomeKind::transient, 0, 600s).wait == 600s);
    CHECK(put_off(OutcomeKind::transient, 3, 1s).wait == 64s);
}
