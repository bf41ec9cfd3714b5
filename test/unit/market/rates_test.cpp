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
    CHECK(
        ecb("CURRENCY,TIME_PERIOD,OBS_VALUE\nGBP,2024-01-08,0.86\nGBP,2024-0", days).outcome.kind ==
        OutcomeKind::malformed);
    CHECK(ecb("CURRENCY,TIME_PERIOD,OBS_VALUE\nGBP,2024-01-08,NaN\n", days).outcome.kind ==
          OutcomeKind::malformed);
    CHECK(ecb("CURRENCY,TIME_PERIOD,OBS_VALUE\n", days).outcome.kind == OutcomeKind::empty);
}

TEST_CASE("a rate of a day that is still to come is none") {
    auto const provider = declared("openexchangerates");
    auto const read = [&](char const* instant) {
        auto const at = parse_instant(instant).value().time_since_epoch().count() / 1'000'000;
        auto const body =
            R"({"timestamp":)" + std::to_string(at) + R"(,"base":"USD","rates":{"EUR":0.92}})";
        return rates(provider, Gives::rates_latest, "EUR", range("2026-11-01", "2026-11-22"),
                     ok(body)); // on 2026-11-23 at 12:00
    };
    CHECK(read("2026-11-23 11:00:00").rates.size() == 1);
    CHECK(read("2026-11-23 12:30:00").rates.size() == 1); // a clock a little ahead
    CHECK(read("2026-11-24 00:00:00").rates.empty());
    auto const far = read("2031-01-01 00:00:00");
    CHECK(far.rates.empty());
    CHECK(far.outcome.kind == OutcomeKind::malformed);
    // Without a zone it may be tomorrow already somewhere, but not the day after.
    auto const ecb_latest = [&](char const* date) {
        return rates(declared("ecb"), Gives::rates_latest, "GBP", range("2026-11-01", "2026-11-22"),
                     ok(std::string{"CURRENCY,TIME_PERIOD,OBS_VALUE\nGBP,"} + date + ",0.86\n"));
    };
    CHECK(ecb_latest("2026-11-24").rates.size() == 1);
    CHECK(ecb_latest("2026-11-25").rates.empty());
}

TEST_CASE("the ECB's ways of having nothing are told from a page that is gone") {
    auto const provider = declared("ecb");
    auto const days = range("2024-01-06", "2024-01-07"); // a weekend
    auto const plan = plan_rates_history(provider, {"GBP"}, days, later_day());
    auto const kind = [&](int status, std::string body) {
        auto const reply = Reply{status, std::move(body), {}};
        return read_rates(provider, plan.questions.front(), reply, later).outcome.kind;
    };
    CHECK(kind(200, "") == OutcomeKind::empty);
    CHECK(kind(404, R"({"title":"Not Found","status":404,"detail":"No results found."})") ==
          OutcomeKind::empty);
    CHECK(kind(404, "<message:Error><common:Text>No results found</common:Text>") ==
          OutcomeKind::empty);
    CHECK(kind(404, R"({"status":404,"error":"Not Found","path":"/service/data/EXR"})") ==
          OutcomeKind::transient);
    CHECK(kind(404, "<html>gone</html>") == OutcomeKind::transient);
    CHECK(kind(404, "") == OutcomeKind::transient);
    CHECK(kind(503, "") == OutcomeKind::transient);
}

TEST_CASE("Frankfurter has an empty list for nothing, and 404 for what is not there any more") {
    auto const provider = declared("frankfurter");
    auto const plan =
        plan_rates_history(provider, {"VND"}, range("2024-01-06", "2024-01-07"), later_day());
    auto const kind = [&](int status, std::string body) {
        auto const reply = Reply{status, std::move(body), {}};
        return read_rates(provider, plan.questions.front(), reply, later).outcome.kind;
    };
    CHECK(kind(200, "[]") == OutcomeKind::empty);
    // A range that begins on a day without rates begins with those of the day before.
    CHECK(kind(200, R"([{"date":"2024-01-05","base":"EUR","quote":"VND","rate":26700}])") ==
          OutcomeKind::empty);
    CHECK(kind(404, R"({"status":404,"message":"not found"})") == OutcomeKind::transient);
    CHECK(kind(422, R"({"status":422,"message":"invalid currency: XYZ"})") ==
          OutcomeKind::unknown_symbol);
    CHECK(kind(422, R"({"status":422,"message":"invalid date"})") == OutcomeKind::refused);
}

} // namespace portfoliod::market
