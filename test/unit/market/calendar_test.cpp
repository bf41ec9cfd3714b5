// What is known of single days, and the instants around openings and closes.
#include "unit/market/calendars.hpp"

#include <doctest/doctest.h>

namespace portfoliod::market {

using namespace std::chrono_literals;

TEST_CASE("New York closes for its holidays, on the day on which they are observed") {
    auto const xnys = shipped("XNYS");
    for (auto const* const closed :
         {"2026-01-01", "2026-01-19", "2026-02-16", "2026-04-03", "2026-05-25", "2026-06-19",
          "2026-07-03", // July 4 is a Saturday
          "2026-09-07", "2026-11-26", "2026-12-25",
          "2023-01-02", // January 1 is a Sunday
          "2022-06-20", // June 19 is a Sunday
          "2010-12-24", // Christmas is a Saturday
          "2018-12-05", "2025-01-09", "2001-09-14", "2012-10-30"}) {
        CAPTURE(closed);
        CHECK(hours_of(xnys, closed) == "closed");
    }
    // None of these was one: New Year's Day on a Saturday, Juneteenth before 2022.
    CHECK(hours_of(xnys, "2021-12-31") == "2021-12-31 14:30:00 - 2021-12-31 21:00:00");
    CHECK(hours_of(xnys, "2021-06-18") == "2021-06-18 13:30:00 - 2021-06-18 20:00:00");
    CHECK(hours_of(xnys, "1997-01-20") != "closed");
}

TEST_CASE("New York closes at one around Thanksgiving, Christmas and Independence Day") {
    auto const xnys = shipped("XNYS");
    CHECK(hours_of(xnys, "2026-11-27") == "2026-11-27 14:30:00 - 2026-11-27 18:00:00");
    CHECK(hours_of(xnys, "2026-12-24") == "2026-12-24 14:30:00 - 2026-12-24 18:00:00");
    CHECK(hours_of(xnys, "2025-07-03") == "2025-07-03 13:30:00 - 2025-07-03 17:00:00");
    CHECK(hours_of(xnys, "2024-07-03") == "2024-07-03 13:30:00 - 2024-07-03 17:00:00");
    CHECK(hours_of(xnys, "2026-07-02") == "2026-07-02 13:30:00 - 2026-07-02 20:00:00");
    CHECK(hours_of(xnys, "2025-12-26") == "2025-12-26 14:30:00 - 2025-12-26 21:00:00");
}

TEST_CASE("the clocks of New York and London change on different days, and so do their hours") {
    auto const xnys = shipped("XNYS");
    auto const xlon = shipped("XLON");
    CHECK(hours_of(xnys, "2026-03-06") == "2026-03-06 14:30:00 - 2026-03-06 21:00:00");
    CHECK(hours_of(xnys, "2026-03-09") == "2026-03-09 13:30:00 - 2026-03-09 20:00:00");
    CHECK(hours_of(xlon, "2026-03-27") == "2026-03-27 08:00:00 - 2026-03-27 16:30:00");
    CHECK(hours_of(xlon, "2026-03-30") == "2026-03-30 07:00:00 - 2026-03-30 15:30:00");
    CHECK(hours_of(xlon, "2026-10-26") == "2026-10-26 08:00:00 - 2026-10-26 16:30:00");
    CHECK(hours_of(xnys, "2026-10-30") == "2026-10-30 13:30:00 - 2026-10-30 20:00:00");
    CHECK(hours_of(xnys, "2026-11-02") == "2026-11-02 14:30:00 - 2026-11-02 21:00:00");
}

TEST_CASE("London's Christmas moves behind the weekend, its bank holidays for jubilees") {
    auto const xlon = shipped("XLON");
    for (auto const* const closed :
         {"2026-12-25", "2026-12-28", "2027-12-27", "2027-12-28", "2022-12-26", "2022-12-27",
          "2028-01-03", "2020-05-08", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08"}) {
        CAPTURE(closed);
        CHECK(hours_of(xlon, closed) == "closed");
    }
    CHECK(hours_of(xlon, "2022-05-30") != "closed");
    CHECK(hours_of(xlon, "2020-05-04") != "closed");
    CHECK(hours_of(xlon, "2026-12-24") == "2026-12-24 08:00:00 - 2026-12-24 12:30:00");
    CHECK(hours_of(xlon, "2028-12-22") == "2028-12-22 08:00:00 - 2028-12-22 12:30:00");
}

TEST_CASE("Xetra rests on Christmas Eve and works on the day of German unity again") {
    auto const xetr = shipped("XETR");
    CHECK(hours_of(xetr, "2026-12-24") == "closed");
    CHECK(hours_of(xetr, "2026-12-31") == "closed");
    CHECK(hours_of(xetr, "2019-10-03") == "closed");
    CHECK(hours_of(xetr, "2024-10-03") == "2024-10-03 07:00:00 - 2024-10-03 15:30:00");
    CHECK(hours_of(xetr, "2026-05-25") != "closed"); // Whit Monday
    CHECK(hours_of(xetr, "2026-12-30") == "2026-12-30 08:00:00 - 2026-12-30 13:00:00");
}

TEST_CASE("Tokyo's Sundays go to the next free day, and a day between two holidays is one") {
    auto const xtks = shipped("XTKS");
    for (auto const* const closed :
         {"2026-05-06", // for Sunday the 3rd: the 4th and 5th are taken
          "2026-09-22", // between the Aged and the equinox
          "2032-09-21", "2025-02-24", "2020-10-01", "2019-04-30", "2026-12-31"}) {
        CAPTURE(closed);
        CHECK(hours_of(xtks, closed) == "closed");
    }
    CHECK(hours_of(xtks, "2003-05-06") != "closed"); // May 4 was no holiday of its own then
    CHECK(hours_of(xtks, "2024-11-01") == "2024-11-01 00:00:00 - 2024-11-01 06:00:00");
    CHECK(hours_of(xtks, "2024-11-05") == "2024-11-05 00:00:00 - 2024-11-05 06:30:00");
}

TEST_CASE("an opening is open, a close is not, and the break is neither") {
    auto const xtks = shipped("XTKS");
    CHECK(!xtks.is_open(at("2026-11-23 23:59:59.999999")));
    CHECK(xtks.is_open(at("2026-11-24 00:00:00")));
    CHECK(xtks.is_open(at("2026-11-24 02:29:59")));
    CHECK(!xtks.is_open(at("2026-11-24 02:30:00")));
    CHECK(xtks.closes_at(at("2026-11-24 02:30:00")) == at("2026-11-24 06:30:00"));
    CHECK(xtks.next_open(at("2026-11-24 02:30:00")) == at("2026-11-24 03:30:00"));
    CHECK(xtks.is_open(at("2026-11-24 03:30:00")));
    CHECK(xtks.is_open(at("2026-11-24 06:29:59")));
    CHECK(!xtks.is_open(at("2026-11-24 06:30:00")));
    CHECK(!xtks.closes_at(at("2026-11-24 06:30:00")));
}

TEST_CASE("the next opening and the last close reach over nights, weekends and holidays") {
    auto const xnys = shipped("XNYS");
    CHECK(xnys.next_open(at("2026-11-24 15:00:00")) == at("2026-11-24 15:00:00"));
    CHECK(xnys.next_open(at("2026-11-25 21:00:00")) == at("2026-11-27 14:30:00"));
    CHECK(xnys.next_open(at("2026-11-27 18:00:00")) == at("2026-11-30 14:30:00"));
    CHECK(xnys.last_close(at("2026-11-27 17:59:59")) == at("2026-11-25 21:00:00"));
    CHECK(xnys.last_close(at("2026-11-27 18:00:00")) == at("2026-11-27 18:00:00"));
    CHECK(xnys.last_close(at("2026-11-30 14:30:00")) == at("2026-11-27 18:00:00"));
    CHECK(xnys.next_open(at("2001-09-11 12:00:00")) == at("2001-09-17 13:30:00"));
    CHECK(xnys.last_close(at("2026-03-09 13:00:00")) == at("2026-03-06 21:00:00"));
}

TEST_CASE(
    "five days around the clock begin on Sunday evening and end on Friday evening in New York") {
    auto const week = shipped("24-5");
    CHECK(!week.is_open(at("2026-11-22 21:59:59")));
    CHECK(week.is_open(at("2026-11-22 22:00:00")));
    CHECK(week.session(day("2026-11-23"))->open == at("2026-11-22 22:00:00"));
    CHECK(week.is_open(at("2026-11-24 22:00:00"))); // one session's end is the next one's beginning
    CHECK(week.is_open(at("2026-11-27 21:59:59")));
    CHECK(!week.is_open(at("2026-11-27 22:00:00")));
    CHECK(week.last_close(at("2026-11-28 12:00:00")) == at("2026-11-27 22:00:00"));
    CHECK(week.next_open(at("2026-11-28 12:00:00")) == at("2026-11-29 22:00:00"));
    // The day before the clocks change is as long as any other, the one over it an hour shorter.
    CHECK(hours_of(week, "2026-03-06") == "2026-03-05 22:00:00 - 2026-03-06 22:00:00");
    CHECK(hours_of(week, "2026-03-09") == "2026-03-08 21:00:00 - 2026-03-09 21:00:00");
}

TEST_CASE("a calendar that never closes is open at every instant, and its days end at midnight") {
    auto const always = shipped("24-7");
    for (auto hour = at("2026-02-27 00:00:00"); hour < at("2026-03-03 00:00:00"); hour += 1h) {
        CHECK(always.is_open(hour));
        CHECK(always.next_open(hour) == hour);
        CHECK(always.last_close(hour) == std::chrono::floor<std::chrono::days>(hour));
    }
}

TEST_CASE("a day whose clocks skip the opening opens when they have changed") {
    auto const calendar = calendar_as(R"(zone: America/New_York
days: [sunday]
hours: [{open: "02:30", close: "04:00"}]
)");
    CHECK(hours_of(calendar, "2026-03-01") == "2026-03-01 07:30:00 - 2026-03-01 09:00:00");
    CHECK(hours_of(calendar, "2026-03-08") == "2026-03-08 07:00:00 - 2026-03-08 08:00:00");
    // 01:30 comes twice in autumn; 02:30 does not, but an hour later in UTC.
    CHECK(hours_of(calendar, "2026-11-01") == "2026-11-01 07:30:00 - 2026-11-01 09:00:00");
}

TEST_CASE("at every instant it is open, or opens later than it closed") {
    for (auto const* const name : {"XNYS", "XLON", "XETR", "XTKS", "24-5", "24-7"}) {
        CAPTURE(name);
        auto const calendar = shipped(name);
        for (auto now = at("2024-10-20 00:07:00"); now < at("2025-04-10 00:00:00"); now += 97min) {
            CAPTURE(to_text(now));
            auto const opens = calendar.next_open(now).value();
            auto const closed = calendar.last_close(now).value();
            REQUIRE(calendar.is_open(now) == (opens == now));
            REQUIRE(calendar.is_open(opens));
            REQUIRE(closed <= now);
            REQUIRE(calendar.last_close(closed) == closed);
            if (calendar.is_open(now)) REQUIRE(calendar.closes_at(now).value() > now);
        }
    }
}

} // namespace portfoliod::market
