#include "market/calendars.hpp"
#include "unit/market/calendars.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace portfoliod::market {

namespace {

std::string const minimal = R"(zone: Europe/Oslo
hours:
- {open: "09:00", close: "16:20"}
)";

std::string complaint(std::string const& yaml) {
    try {
        calendar_as(yaml);
    } catch (ConfigError const& e) {
        return e.what();
    }
    return "";
}

std::string of_holiday(std::string const& holiday) {
    return complaint(minimal + "holidays:\n- {" + holiday + "}\n");
}

std::string of_hours(std::string const& hours) {
    return complaint("zone: UTC\nhours:\n- {" + hours + "}\n");
}

} // namespace

TEST_CASE("every calendar file that is installed loads and says what it is") {
    auto files = 0;
    for (auto const& entry : std::filesystem::directory_iterator{
             std::filesystem::path{PROJECT_DIR} / "conf/calendars"}) {
        CAPTURE(entry.path().string());
        CHECK(entry.path().extension() == ".yaml");
        auto const calendar = load_calendar(entry.path());
        CHECK(calendar.name() == entry.path().stem().string());
        CHECK(!calendar.about().empty());
        CHECK(calendar.next_open(later));
        ++files;
    }
    CHECK(files == 6);
}

TEST_CASE("a calendar of three lines trades from Monday to Friday") {
    auto const oslo = calendar_as(minimal);
    CHECK(hours_of(oslo, "2026-11-27") == "2026-11-27 08:00:00 - 2026-11-27 15:20:00");
    CHECK(hours_of(oslo, "2026-11-28") == "closed");
}

TEST_CASE("holidays are moved, limited to years and to weekdays") {
    auto const calendar = calendar_as(minimal + R"(holidays:
- {name: moved, day: 12-25, observed: {saturday: -1, sunday: +1}}
- {name: some years, day: 03-03, from: 2024, until: 2027, except: [2026]}
- {name: some days, day: 05-12, only: [tuesday, wednesday]}
- {name: two, day: [2026-08-03, first monday of september]}
short_days:
- {name: late, day: 2026-08-04, open: "11:00"}
- {name: short, day: 12-24, observed: {saturday: -1, sunday: -2}, close: "12:00"}
)");
    CHECK(hours_of(calendar, "2021-12-24") == "closed"); // Saturday's
    CHECK(hours_of(calendar, "2022-12-26") == "closed"); // Sunday's
    CHECK(hours_of(calendar, "2022-12-23") == "2022-12-23 08:00:00 - 2022-12-23 11:00:00");
    CHECK(hours_of(calendar, "2023-03-03") != "closed");
    CHECK(hours_of(calendar, "2025-03-03") == "closed");
    CHECK(hours_of(calendar, "2026-03-03") != "closed");
    CHECK(hours_of(calendar, "2027-03-03") == "closed");
    CHECK(hours_of(calendar, "2028-03-03") != "closed");
    CHECK(hours_of(calendar, "2026-05-12") == "closed"); // a Tuesday
    CHECK(hours_of(calendar, "2025-05-12") != "closed"); // a Monday
    CHECK(hours_of(calendar, "2026-08-03") == "closed");
    CHECK(hours_of(calendar, "2026-09-07") == "closed");
    CHECK(hours_of(calendar, "2026-08-04") == "2026-08-04 09:00:00 - 2026-08-04 14:20:00");
}

TEST_CASE("hours hold from their date on, and a short day ends before the break or has one") {
    auto const calendar = calendar_as(R"(zone: UTC
hours:
- {open: "09:00", close: "15:00", break: ["11:00", "12:00"]}
- {from: 2026-02-02, open: "10:00", close: "16:00"}
short_days:
- {name: before the break, day: 2026-01-05, close: "11:00"}
- {name: after it, day: 2026-01-06, close: "14:00"}
)");
    CHECK(hours_of(calendar, "2026-01-30") == "2026-01-30 09:00:00 - 2026-01-30 15:00:00");
    CHECK(calendar.session(day("2026-01-30"))->pause);
    CHECK(hours_of(calendar, "2026-02-02") == "2026-02-02 10:00:00 - 2026-02-02 16:00:00");
    CHECK(!calendar.session(day("2026-02-02"))->pause);
    CHECK(!calendar.session(day("2026-01-05"))->pause);
    CHECK(calendar.session(day("2026-01-06"))->pause);
}

TEST_CASE("a wrong calendar is refused with file, line, key and what to write") {
    CHECK(complaint("hours: []") == "test.yaml:1: zone is missing");
    CHECK(complaint("zone: UTC") == "test.yaml:1: hours is missing");
    CHECK(complaint("zone: Europe/Olso\nhours: []").find("no time zone 'Europe/Olso'") !=
          std::string::npos);
    CHECK(complaint("zone: UTC\nhours: []") == "test.yaml:2: hours: names no hours");
    CHECK(complaint(minimal + "holiday: []") ==
          "test.yaml:4: holiday: unknown key; did you mean 'holidays'?");
    CHECK(complaint(minimal + "days: [monday, freeday]") ==
          "test.yaml:4: days[1]: must be a day such as monday, not 'freeday'");
    CHECK(complaint(minimal + "zone: UTC").find("stands twice") != std::string::npos);
    CHECK(complaint(minimal + "between_holidays: {form: 1986}")
              .find("between_holidays.form: unknown key; did you mean 'from'?") !=
          std::string::npos);
}

TEST_CASE("a wrong holiday is refused with file, line, key and what to write") {
    CHECK(of_holiday("name: x, day: fifth monady of may")
              .starts_with("test.yaml:5: holidays[0].day: must be a day such as 12-25"));
    CHECK(of_holiday("name: x") == "test.yaml:5: holidays[0]: day is missing");
    CHECK(of_holiday("day: 12-25") == "test.yaml:5: holidays[0]: name is missing");
    CHECK(of_holiday("name: x, day: []") == "test.yaml:5: holidays[0].day: names no day");
    CHECK(of_holiday("name: x, day: 12-25, until: 1999, from: 2000")
              .find("until: lies before from") != std::string::npos);
    CHECK(of_holiday("name: x, day: 12-25, observed: {saturday: 2}")
              .find("must be +1 … +6 or -1 … -6 days, or next free day, not '2'") !=
          std::string::npos);
    CHECK(of_holiday("name: x, day: 12-25, observed: {weekend: +2}").find("must be a day") !=
          std::string::npos);
    CHECK(of_holiday("name: x, day: 12-25, close: \"12:00\"").find("unknown key") !=
          std::string::npos);
    CHECK(complaint(minimal + "short_days:\n- {name: x, day: 12-25}") ==
          "test.yaml:5: short_days[0]: needs an open or a close");
    CHECK(complaint(minimal + "short_days:\n- {name: x, day: 12-25, close: \"08:00\"}") ==
          "test.yaml:5: short_days[0]: closes before it opens");
}

TEST_CASE("wrong hours are refused with file, line, key and what to write") {
    CHECK(of_hours("open: 9am, close: \"17:00\"") ==
          "test.yaml:3: hours[0].open: must be a local time such as \"09:30\", not '9am'");
    CHECK(of_hours("open: \"09:60\", close: \"17:00\"").find("no time of day '09:60'") !=
          std::string::npos);
    CHECK(of_hours("open: \"09:00\", close: \"24:01\"").find("no time of day '24:01'") !=
          std::string::npos);
    CHECK(of_hours("open: \"17:00\", close: \"09:00\"") ==
          "test.yaml:3: hours[0]: closes before it opens");
    CHECK(of_hours("open: \"16:00 the day before\", close: \"17:00\"") ==
          "test.yaml:3: hours[0]: is open for more than a day");
    CHECK(of_hours("open: \"09:00\", close: \"17:00\", break: [\"08:00\", \"12:00\"]") ==
          "test.yaml:3: hours[0].break: must lie between open and close");
    CHECK(of_hours("open: \"09:00\", close: \"17:00\", break: [\"12:00\"]").find("two times") !=
          std::string::npos);
    CHECK(of_hours("from: 2020-01-01, open: \"09:00\", close: \"17:00\"").find("leave out from") !=
          std::string::npos);
    CHECK(complaint(minimal + "- {open: \"09:00\", close: \"16:00\"}")
              .find("needs a from later than that of the hours before it") != std::string::npos);
}

TEST_CASE("an asset follows its exchange's calendar, else that of its type") {
    auto const types = std::map<std::string, std::string>{
        {"stock", "24-5"}, {"crypto", "24-7"}, {"commodity", "24-5"}, {"bond", "24-5"}};
    auto const make = [&](std::map<std::string, std::string> more) {
        more.insert(types.begin(), types.end());
        std::vector<Calendar> all;
        for (auto const* const name : {"24-5", "24-7", "XNYS"}) all.push_back(shipped(name));
        return Calendars{std::move(all), more};
    };
    auto const calendars = make({{"NASDAQ", "XNYS"}});
    CHECK(calendars.of(stock("AAPL")).name() == "XNYS");
    CHECK(calendars.of(stock("MC", "EPA", "EUR")).name() == "24-5");
    CHECK(calendars.of(coin("BTC")).name() == "24-7");
    CHECK_THROWS_WITH_AS(make({{"LSE", "XLON"}}), "there is no calendar 'XLON'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((Calendars{{}, {}}), "no calendar for stock", std::invalid_argument);
}

} // namespace portfoliod::market
