#include "unit/valuation/portfolio.hpp"
#include "unit/valuation/rational.hpp"
#include "valuation/returns.hpp"

#include <algorithm>
#include <cmath>

namespace portfoliod::valuation::test {

namespace {

CashFlow flow(std::string_view when, double usd) { return {.day = day(when), .usd = usd}; }

std::string rate_of(std::vector<CashFlow> const& flows, std::string_view value,
                    std::string_view valued_on) {
    return text(xirr(flows, Money::parse(value), day(valued_on)));
}

/// What the flows are worth at a yearly rate, from the definition.
long double worth(std::vector<CashFlow> const& flows, long double value, Day valued_on,
                  long double rate) {
    auto const since = [&](Day day) {
        return static_cast<long double>((day - flows.front().day).count()) / 365;
    };
    auto sum = -value * std::pow(1 + rate, -since(valued_on));
    for (auto const& flow : flows)
        sum += static_cast<long double>(flow.usd) * std::pow(1 + rate, -since(flow.day));
    return sum;
}

/// By bisection between the ends of the range alone.
std::optional<long double> bisected(std::vector<CashFlow> const& flows, long double value,
                                    Day valued_on) {
    auto low = -0.9999L;
    auto high = 1e4L;
    auto const sign = [&](long double rate) { return worth(flows, value, valued_on, rate) < 0; };
    auto const below = sign(low);
    if (below == sign(high)) return std::nullopt;
    for (int i = 0; i < 80; ++i) {
        auto const middle = (low + high) / 2;
        (sign(middle) == below ? low : high) = middle;
    }
    return (low + high) / 2;
}

} // namespace

TEST_CASE("a year's deposit that grows by a tenth yields ten percent") {
    CHECK(rate_of({flow("2023-01-01", 100)}, "110", "2024-01-01") == "10.0000");
    CHECK(rate_of({flow("2023-01-01", 100), flow("2024-01-01", -110)}, "0", "2024-06-01") ==
          "10.0000");
}

TEST_CASE("years have 365 days, also the leap years") {
    CHECK(rate_of({flow("2024-01-01", 100)}, "110", "2024-12-31") == "10.0000");
    CHECK(rate_of({flow("2024-01-01", 100)}, "110", "2025-01-01") == "9.9714");
}

TEST_CASE("the example of spreadsheets' XIRR") {
    CHECK(rate_of({flow("2008-01-01", 10000), flow("2008-03-01", -2750), flow("2008-10-30", -4250),
                   flow("2009-02-15", -3250), flow("2009-04-01", -2750)},
                  "0", "2009-04-01") == "37.3363");
}

TEST_CASE("a value that is what was paid yields 0, and a loss less") {
    CHECK(rate_of({flow("2024-01-01", 60), flow("2024-02-01", 40)}, "100", "2024-06-01") ==
          "0.0000");
    CHECK(rate_of({flow("2023-01-01", 100)}, "50", "2024-01-01") == "-50.0000");
}

TEST_CASE("flows dated after the day of the valuation count on it") {
    std::vector const flows{flow("2023-01-01", 100), flow("2024-01-02", 50)};
    CHECK(rate_of(flows, "160", "2024-01-01") == "10.0000");
}

TEST_CASE("what is younger than a day has no yearly rate") {
    CHECK(rate_of({flow("2024-01-01", 100)}, "110", "2024-01-01") == "undefined");
    CHECK(rate_of({flow("2024-01-01", 100)}, "100.01", "2024-01-02") == "3.7172");
    CHECK(rate_of({}, "100", "2024-01-02") == "undefined");
}

TEST_CASE("without both a payment and a return there is no rate") {
    CHECK(rate_of({flow("2023-01-01", 100)}, "0", "2024-01-01") == "undefined");
    CHECK(rate_of({flow("2023-01-01", -5)}, "10", "2024-01-01") == "undefined");
    CHECK(rate_of({flow("2023-01-01", 0)}, "10", "2024-01-01") == "undefined");
    CHECK(rate_of({flow("2023-01-01", 100)}, "-5", "2024-01-01") == "undefined");
}

TEST_CASE("rates up to a million percent are found, others are undefined") {
    CHECK(rate_of({flow("2023-01-01", 1)}, "10000.99", "2024-01-01") == "999999.0000");
    CHECK(rate_of({flow("2023-01-01", 1)}, "10001.01", "2024-01-01") == "undefined");
    CHECK(rate_of({flow("2023-01-01", 10000)}, "1.01", "2024-01-01") == "-99.9899");
    CHECK(rate_of({flow("2023-01-01", 10000)}, "0.99", "2024-01-01") == "undefined");
    CHECK(rate_of({flow("2024-01-01", 100)}, "111", "2024-01-02") == "undefined");
}

TEST_CASE("flows of a century neither overflow nor vanish") {
    CHECK(rate_of({flow("1924-01-25", 100)}, "200", "2024-01-01") == "0.6955");
    CHECK(rate_of({flow("1924-01-25", 100)}, "0.000000000001", "2024-01-01") == "-27.5558");
    CHECK(rate_of({flow("1924-01-25", 1), flow("2023-01-01", 1)}, "10002", "2024-01-01") ==
          "9.6476");
}

TEST_CASE("of two rates the one nearest to 0 counts") {
    // 10 % and 20 % both solve it.
    std::vector const flows{flow("2021-01-01", 100), flow("2022-01-01", -230),
                            flow("2023-01-01", 132)};
    CHECK(rate_of(flows, "0", "2023-01-01") == "10.0000");
}

TEST_CASE("the order of the flows does not matter, to the last digit") {
    auto random = repeatable(11);
    std::vector<CashFlow> flows;
    for (int i = 0; i < 60; ++i)
        flows.push_back({.day = day("2020-01-01") + std::chrono::days{random() % 40},
                         .usd = static_cast<double>(random() % 100'000) / 7});
    auto const expected = xirr(flows, Money::parse("900000"), day("2022-01-01"));
    REQUIRE(expected);
    for (int i = 0; i < 50; ++i) {
        std::ranges::shuffle(flows, random);
        REQUIRE(xirr(flows, Money::parse("900000"), day("2022-01-01")) == expected);
    }
}

TEST_CASE("random flows yield what bisection finds") {
    auto random = repeatable(12);
    int compared = 0;
    for (int i = 0; i < 600; ++i) {
        std::vector<CashFlow> flows;
        auto when = day("2015-01-01");
        auto const count = 1 + random() % 40;
        for (unsigned k = 0; k < count; ++k, when += std::chrono::days{random() % 60})
            flows.push_back({.day = when, .usd = static_cast<double>(1 + random() % 10'000)});
        // Sold at the end, so that there is one rate only.
        auto const paid = static_cast<long>(std::ranges::max(flows, {}, &CashFlow::usd).usd) *
                          static_cast<long>(count);
        auto const value = 1 + static_cast<long>(random() % static_cast<unsigned long>(paid * 2));
        when += std::chrono::days{random() % 800};
        auto const expected = bisected(flows, static_cast<long double>(value), when);
        auto const found = xirr(flows, Money::parse(std::to_string(value)), when);
        CAPTURE(i);
        if (when - flows.front().day < std::chrono::days{1}) {
            REQUIRE_FALSE(found);
            continue;
        }
        REQUIRE(found.has_value() == expected.has_value());
        if (!found) continue;
        ++compared;
        auto const percent = static_cast<long double>(found->units()) / 10'000;
        REQUIRE(std::abs(percent - *expected * 100) < 0.0000501L);
    }
    CHECK(compared > 500);
}

} // namespace portfoliod::valuation::test
