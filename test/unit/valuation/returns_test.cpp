#include "unit/valuation/portfolio.hpp"
#include "valuation/returns.hpp"

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

Index index(std::string_view text) { return Index::parse(text); }

DayBefore before(std::string_view value, std::string_view at = "1") {
    return {.value = Money::parse(value), .index = index(at)};
}

DayFlows flows(std::string_view in, std::string_view out) {
    return {.inflow = Money::parse(in), .outflow = Money::parse(out)};
}

std::string next(DayBefore const& day, DayFlows const& moved, std::string_view end) {
    return text(chained(day, moved, Money::parse(end), true));
}

} // namespace

TEST_CASE("the index grows with the value over the start and what came in") {
    CHECK(next(before("100", "2"), {}, "110") == "2.200000000000");
    CHECK(next(before("100"), flows("100", "0"), "220") == "1.100000000000");
    CHECK(next(before("100"), flows("0", "50"), "60") == "1.100000000000");
}

TEST_CASE("a day with a deposit only has return 0, and so has a withdrawal") {
    CHECK(next(before("100", "1.5"), flows("33.33", "0"), "133.33") == "1.500000000000");
    CHECK(next(before("100", "1.5"), flows("0", "33.33"), "66.67") == "1.500000000000");
}

TEST_CASE("the index is rounded to twelve digits, half away from zero") {
    CHECK(next(before("3"), {}, "2") == "0.666666666667");
    CHECK(next(before("1"), {}, "1.0000000000005") == "1.000000000001");
    CHECK(next(before("1"), {}, "1.00000000000049") == "1.000000000000");
}

TEST_CASE("where nothing was there to grow the return is 0") {
    CHECK(next(before("0", "1.2"), {}, "5") == "1.200000000000");
    CHECK(next(before("0", "1.2"), {}, "0") == "1.200000000000");
}

TEST_CASE("a total loss ends the index at 0") {
    CHECK(next(before("10", "1.2"), {}, "0") == "0.000000000000");
    CHECK(next(before("10", "0"), {}, "20") == "0.000000000000");
}

TEST_CASE("the index repeats on a day that lacks a rate, and on the one after") {
    auto lacking = before("100", "1.5");
    lacking.complete = false;
    CHECK(next(lacking, {}, "200") == "1.500000000000");
    auto unknown = flows("10", "0");
    unknown.complete = false;
    CHECK(next(before("100", "1.5"), unknown, "200") == "1.500000000000");
    CHECK(text(chained(before("100", "1.5"), {}, Money::parse("200"), false)) == "1.500000000000");
}

TEST_CASE("an index beyond NUMERIC(24,12) is undefined from there on") {
    CHECK(next(before("1", "1"), {}, "999999999999.999999999999") == "999999999999.999999999999");
    CHECK(next(before("1", "1"), {}, "999999999999.9999999999995") == "undefined");
    CHECK(next(before("0.0000000000000001", "999999999999"), {}, "9999999999999999") ==
          "undefined");
    CHECK(next({.value = Money::parse("1"), .index = {}}, {}, "1") == "undefined");
}

TEST_CASE("a change is in percent, rounded to four digits") {
    CHECK(text(change(index("1.1"), index("1"))) == "10.0000");
    CHECK(text(change(index("1"), index("3"))) == "-66.6667");
    CHECK(text(change(index("1.0000005"), index("1"))) == "0.0001");
    CHECK(text(change(index("1"), index("1"))) == "0.0000");
}

TEST_CASE("a change from nothing, from 0 or beyond its column is undefined") {
    CHECK(text(change(std::nullopt, index("1"))) == "undefined");
    CHECK(text(change(index("1"), std::nullopt)) == "undefined");
    CHECK(text(change(index("1"), index("0"))) == "undefined");
    CHECK(text(change(index("100000000.999999499999"), index("1"))) == "9999999999.9999");
    CHECK(text(change(index("100000000.9999995"), index("1"))) == "undefined");
}

TEST_CASE("a percentage is undefined of nothing and beyond NUMERIC(14,4)") {
    CHECK(text(percentage(Money::parse("1"), Money::parse("-8"))) == "-12.5000");
    CHECK(text(percentage(Money::parse("1"), Money{})) == "undefined");
    CHECK(text(percentage(Money::parse("-100000000"), Money::parse("1"))) == "undefined");
}

TEST_CASE("months before keep the day of the month, or end with a shorter month") {
    CHECK(months_before(day("2024-05-31"), 1) == day("2024-04-30"));
    CHECK(months_before(day("2024-03-31"), 1) == day("2024-02-29"));
    CHECK(months_before(day("2023-03-29"), 1) == day("2023-02-28"));
    CHECK(months_before(day("2024-01-15"), 1) == day("2023-12-15"));
    CHECK(months_before(day("2024-02-29"), 12) == day("2023-02-28"));
    CHECK(months_before(day("2023-02-28"), 12) == day("2022-02-28"));
}
