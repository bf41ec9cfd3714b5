#include "market/rates.hpp"
#include "unit/market/providers.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace portfoliod::market {

namespace {

auto const monday = Instant{day("2024-01-08")};
auto const tuesday = Instant{day("2024-01-09")};

std::string rate(std::vector<QuotedRate> const& rates, char const* currency = "GBP") {
    auto const rows = cross_to_usd(rates, {currency});
    return rows.size() == 1 ? rows.front().rate_to_usd
                            : "(" + std::to_string(rows.size()) + " rows)";
}

QuotedRates ecb(std::string body, DayRange days) {
    auto const provider = declared("ecb");
    auto const plan = plan_rates_history(provider, {"GBP", "EUR"}, days, later_day());
    REQUIRE(plan.questions.size() == 1);
    return read_rates(provider, plan.questions.front(), ok(std::move(body)), later);
}

} // namespace

TEST_CASE("a rate to the dollar is taken straight, turned around, or through a third currency") {
    CHECK(rate({{monday, "GBP", "USD", "1.2712"}}) == "1.2712");
    CHECK(rate({{monday, "USD", "GBP", "0.8"}}) == "1.25");
    CHECK(rate({{monday, "EUR", "USD", "1.1"}, {monday, "EUR", "GBP", "0.88"}}) == "1.25");
    CHECK(rate({{monday, "EUR", "USD", "1.1"}, {monday, "GBP", "EUR", "1.2"}}) == "1.32");
    CHECK(rate({{monday, "USD", "EUR", "0.8"}, {monday, "GBP", "EUR", "1.2"}}) == "1.5");
    CHECK(rate({{monday, "USD", "EUR", "0.8"}, {monday, "EUR", "GBP", "0.5"}}) == "2.5");
}

TEST_CASE("a cross has 16 fraction digits, half away from zero") {
    CHECK(rate({{monday, "USD", "GBP", "3"}}) == "0.3333333333333333");
    CHECK(rate({{monday, "USD", "GBP", "1.5"}}) == "0.6666666666666667");
    CHECK(rate({{monday, "GBP", "USD", "0.00000000000000005"}}) == "0.0000000000000001");
    CHECK(rate({{monday, "BTC", "USD", "97000"}, {monday, "BTC", "VND", "2461860000"}}, "VND") ==
          "0.0000394011032309");
}

TEST_CASE("only the dollar of the same timestamp crosses") {
    auto const rows = cross_to_usd({{monday, "EUR", "GBP", "0.88"},
                                    {tuesday, "EUR", "USD", "1.1"},
                                    {tuesday, "EUR", "GBP", "0.88"}},
                                   {"GBP", "EUR", "USD", "CHF"});
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].currency == "GBP");
    CHECK(rows[0].timestamp == tuesday);
    CHECK(rows[1].currency == "EUR");
    CHECK(rows[1].rate_to_usd == "1.1");
}

TEST_CASE("a rate that is none, or that no column holds, yields no row") {
    for (auto const* const text : {"0", "-1", "x", "", "0.00000000000000000001", "1e30"}) {
        CAPTURE(text);
        CHECK(rate({{monday, "GBP", "USD", text}}) == "(0 rows)");
    }
}

TEST_CASE("of two rates of one pair and time the last counts") {
    CHECK(rate({{monday, "GBP", "USD", "1.1"}, {monday, "GBP", "USD", "1.2"}}) == "1.2");
}

TEST_CASE("the ECB's lines become rates at the start of their day, clipped to those asked for") {
    auto const answer = ecb("KEY,FREQ,CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE\r\n"
                            "EXR.D.GBP,D,GBP,EUR,2024-01-08,0.8612\r\n"
                            "EXR.D.GBP,D,GBP,EUR,2024-01-09,\r\n"
                            "EXR.D.GBP,D,GBP,EUR,2024-01-10,0.8600\r\n"
                            "EXR.D.USD,D,USD,EUR,2024-01-08,1.0946\r\n",
                            range("2024-01-08", "2024-01-09"));
    CHECK(answer.outcome.kind == OutcomeKind::ok);
    REQUIRE(answer.rates.size() == 2);
    CHECK(answer.rates[0].base == "EUR");
    CHECK(answer.rates[0].quote == "GBP");
    CHECK(answer.rates[0].timestamp == monday);
    CHECK(rate(answer.rates) == "1.2710171853228054");
    CHECK(rate(answer.rates, "EUR") == "1.0946");
}

TEST_CASE("an ECB answer that is none yields nothing") {
    auto const days = range("2024-01-08", "2024-01-09");
    CHECK(ecb("<html>no</html>", days).outcome.kind == OutcomeKind::malformed);
    CHECK(ecb("", days).outcome.kind == OutcomeKind::malformed);
    CHECK(
        ecb("CURRENCY,TIME_PERIOD,OBS_VALUE\nGBP,2024-01-08,0.86\nGBP,2024-0", days).outcome.kind ==
        OutcomeKind::malformed);
    CHECK(ecb("CURRENCY,TIME_PERIOD,OBS_VALUE\nGBP,2024-01-08,NaN\n", days).outcome.kind ==
          OutcomeKind::malformed);
    CHECK(ecb("CURRENCY,TIME_PERIOD,OBS_VALUE\n", days).outcome.kind == OutcomeKind::empty);
    auto const provider = declared("ecb");
    auto const plan = plan_rates_history(provider, {"GBP"}, days, later_day());
    CHECK(read_rates(provider, plan.questions.front(), {404, "<xml/>", {}}, later).outcome.kind ==
          OutcomeKind::empty);
}

} // namespace portfoliod::market
