#include "market/load_calendar.hpp"
#include "schedule/trading.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace portfoliod::schedule;
using namespace std::chrono_literals;

namespace {

Instant at(char const* text) { return parse_instant(text).value(); }

market::Calendar shipped(char const* name) {
    return market::load_calendar(std::filesystem::path{PROJECT_DIR "/conf/calendars"} /
                                 (std::string{name} + ".yaml"));
}

/// How often figures were refreshed from one instant to another, looked at every quarter of an hour.
int refreshes(market::Calendar const& calendar, Instant from, Instant to) {
    auto count = 0;
    std::optional<Instant> last = from - 1s;
    for (auto now = from; now < to; now += 15min) {
        if (!refresh_due({trading_at(calendar, now)}, last, now)) continue;
        last = now;
        ++count;
    }
    return count;
}

} // namespace

TEST_CASE("prices are final twenty minutes after the close, and then rest until the next opening") {
    auto const xnys = shipped("XNYS");
    auto const open = trading_at(xnys, at("2026-11-24 20:59:00"));
    CHECK(open.open);
    CHECK(open.changes_at == at("2026-11-24 21:00:00"));
    CHECK(open.final_at == at("2026-11-23 21:20:00"));
    auto const settles = trading_at(xnys, at("2026-11-24 21:00:00"));
    CHECK(!settles.open);
    CHECK(settles.final_at == at("2026-11-24 21:20:00"));
    CHECK(settles.changes_at == at("2026-11-24 21:20:00"));
    auto const rests = trading_at(xnys, at("2026-11-25 21:20:00"));
    CHECK(rests.final_at == at("2026-11-25 21:20:00"));
    CHECK(rests.changes_at == at("2026-11-27 14:30:00")); // over Thanksgiving
}

TEST_CASE("the break at noon is no close") {
    auto const noon = trading_at(shipped("XTKS"), at("2026-11-24 03:00:00"));
    CHECK(!noon.open);
    CHECK(noon.final_at == at("2026-11-20 06:50:00")); // Monday was a holiday
    CHECK(noon.changes_at == at("2026-11-24 03:30:00"));
}

TEST_CASE("figures are refreshed while anything held is traded, and once after its close") {
    auto const xnys = shipped("XNYS");
    // 14:30 … 20:45, and 21:30
    CHECK(refreshes(xnys, at("2026-11-24 00:00:00"), at("2026-11-25 00:00:00")) == 26 + 1);
    CHECK(refreshes(xnys, at("2026-11-26 00:00:00"), at("2026-11-27 00:00:00")) == 0);
    // until 18:00 on the day after Thanksgiving
    CHECK(refreshes(xnys, at("2026-11-27 00:00:00"), at("2026-11-30 00:00:00")) == 14 + 1);
    CHECK(refreshes(shipped("24-7"), at("2026-11-28 00:00:00"), at("2026-11-29 00:00:00")) == 96);
}

TEST_CASE("figures are refreshed at the start whatever the hour, and never when nothing is held") {
    auto const saturday = at("2026-11-28 12:00:00");
    auto const closed = trading_at(shipped("XNYS"), saturday);
    CHECK(refresh_due({closed}, {}, saturday));
    CHECK(!refresh_due({closed}, saturday - 15min, saturday));
    CHECK(!refresh_due({}, {}, saturday));
    CHECK(refresh_due({closed, trading_at(shipped("24-7"), saturday)}, saturday - 15min, saturday));
    // A daemon that slept over the close makes up for it.
    CHECK(refresh_due({closed}, saturday - 24h, saturday));
    CHECK(refresh_due({closed}, saturday + 24h, saturday)); // a clock that was set back
}
