#include "market/day_rule.hpp"

#include <doctest/doctest.h>

namespace portfoliod::market {

namespace {

std::string day_in(int year, char const* rule) {
    auto const day = day_of(parse_day_rule(rule).value(), std::chrono::year{year});
    return day ? to_text(*day) : "none";
}

} // namespace

TEST_CASE("a day of each year and a date of one") {
    CHECK(day_in(2026, "12-25") == "2026-12-25");
    CHECK(day_in(2024, "02-29") == "2024-02-29");
    CHECK(day_in(2026, "02-29") == "none");
    CHECK(day_in(2018, "2018-12-05") == "2018-12-05");
    CHECK(day_in(2019, "2018-12-05") == "none");
}

TEST_CASE("the nth and the last of a weekday in a month, and days after it") {
    CHECK(day_in(2026, "third monday of january") == "2026-01-19");
    CHECK(day_in(2026, "last monday of may") == "2026-05-25");
    CHECK(day_in(2027, "last monday of may") == "2027-05-31");
    CHECK(day_in(2026, "fourth thursday of november + 1") == "2026-11-27");
    CHECK(day_in(2026, "fifth monday of march") == "2026-03-30");
    CHECK(day_in(2026, "fifth monday of may") == "none");
    CHECK(day_in(2027, "first sunday of august - 3") == "2027-07-29");
}

TEST_CASE("Easter falls on its earliest and latest days and moves what depends on it") {
    CHECK(day_in(1818, "easter") == "1818-03-22");
    CHECK(day_in(2038, "easter") == "2038-04-25");
    CHECK(day_in(2026, "easter") == "2026-04-05");
    CHECK(day_in(2049, "easter") == "2049-04-18"); // where a common shortcut is a week late
    CHECK(day_in(2024, "easter - 2") == "2024-03-29");
    CHECK(day_in(2025, "easter + 50") == "2025-06-09");
}

TEST_CASE("Japan's equinoxes move between two days") {
    CHECK(day_in(2000, "equinox of march") == "2000-03-20");
    CHECK(day_in(2023, "equinox of march") == "2023-03-21");
    CHECK(day_in(2026, "equinox of march") == "2026-03-20");
    CHECK(day_in(1980, "equinox of september") == "1980-09-23");
    CHECK(day_in(2012, "equinox of september") == "2012-09-22");
    CHECK(day_in(2026, "equinox of september") == "2026-09-23");
}

TEST_CASE("words that name no day are refused") {
    for (auto const* const text :
         {"", "13-01", "02-30", "2023-02-29", "1-1", "easter 2", "easter + ", "easter + x",
          "easter + 0", "easter + 1000", "sixth monday of may", "first someday of may",
          "first monday in may", "first monday of mai", "equinox of june", "equinox of", "+ 1",
          "last of may", "first monday of may + 1 + 1"}) {
        CAPTURE(text);
        CHECK(!parse_day_rule(text));
    }
}

} // namespace portfoliod::market
