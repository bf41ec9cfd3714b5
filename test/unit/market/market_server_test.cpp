#include "support/market_server/market_server.hpp"
#include "support/market_server/providers.hpp"
#include "support/market_server/replay.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;
using test::Market;
using test::Prices;
using test::Request;
using namespace std::chrono_literals;

namespace {

Day day(char const* text) { return parse_day(text).value(); }

Market market_on(char const* today) { return {Prices(), Instant(day(today) + 18h)}; }

bool has(std::string const& body, std::string_view text) {
    CAPTURE(body);
    CAPTURE(text);
    bool const found = body.find(text) != std::string::npos;
    CHECK(found);
    return found;
}

long seconds(char const* text) {
    return std::chrono::sys_seconds(day(text)).time_since_epoch() / 1s;
}

} // namespace

TEST_CASE("the made-up prices never change: the demo's expectations are computed from them") {
    Prices const prices;
    CHECK(prices.close("AAPL", day("2024-01-02")) == "76.62");
    CHECK(prices.close("BTC-USD", day("2024-01-06")) == "11370.38");
    CHECK(prices.per_euro("USD", day("2024-01-02")) == "1.1144");
    CHECK(prices.per_euro("EUR", day("2024-01-02")) == "1");
    CHECK_FALSE(prices.per_euro("XXX", day("2024-01-02")));
    CHECK(prices.close("AAPL", day("2024-01-02")) != Prices(1).close("AAPL", day("2024-01-02")));
}

TEST_CASE("stocks trade from Monday to Friday, crypto every day") {
    CHECK(Prices::trades_on("AAPL", day("2026-11-20")));
    CHECK_FALSE(Prices::trades_on("AAPL", day("2026-11-21")));
    CHECK_FALSE(Prices::trades_on("BRK-B", day("2026-11-22")));
    CHECK(Prices::trades_on("BTC-USD", day("2026-11-22")));
    CHECK(Prices().last_close_day("AAPL", day("2026-11-22")) <= day("2026-11-20"));
}

TEST_CASE("Yahoo's bars stand at the opening of their exchange and are printed as 32-bit floats") {
    auto const market = market_on("2026-11-24");
    auto const reply = test::yahoo(
        Request::parse(fmt::format("/v8/finance/chart/SAP.DE?interval=1d&period1={}&period2={}",
                                   seconds("2026-07-01"), seconds("2026-07-02"))),
        market);
    REQUIRE(reply);
    has(reply->body, R"("currency":"EUR","symbol":"SAP.DE")");
    has(reply->body, R"("exchangeTimezoneName":"Europe/Berlin")");
    has(reply->body, fmt::format(R"("timestamp":[{}])", seconds("2026-07-01") + 7 * 3600));
    auto const close = static_cast<float>(
        static_cast<double>(market.prices.bar("SAP.DE", day("2026-07-01")).close) / 100);
    has(reply->body, fmt::format(R"("close":[{}])", static_cast<double>(close)));
}

TEST_CASE("Yahoo's London prices are in pence, its unknown symbols and empty ranges are errors") {
    auto const market = market_on("2026-11-24");
    auto const ask = [&](char const* target) {
        return test::yahoo(Request::parse(target), market).value();
    };
    has(ask("/v8/finance/chart/VOD.L?interval=1d&range=1d").body, R"("currency":"GBp")");
    auto const unknown = ask("/v8/finance/chart/UNKNOWN1?interval=1d&range=1d");
    CHECK(unknown.status == 404);
    has(unknown.body, "No data found, symbol may be delisted");
    auto const empty = ask("/v8/finance/chart/AAPL?interval=1d&period1=100&period2=200");
    CHECK(empty.status == 400);
    has(empty.body, "Data doesn't exist for startDate = 100, endDate = 200");
}

TEST_CASE("a listed split stands among Yahoo's events of its day only") {
    auto market = market_on("2026-11-24");
    market.splits = {{"AAPL", day("2026-11-23"), 4, 1}};
    auto const ask = [&](char const* range) {
        return test::yahoo(Request::parse(
                               fmt::format("/v8/finance/chart/AAPL?interval=1d&range={}", range)),
                           market)
            ->body;
    };
    has(ask("5d"), R"("numerator":4,"denominator":1,"splitRatio":"4:1")");
    CHECK(ask("1d").find("events") == std::string::npos);
}

TEST_CASE("Coinbase's candles come newest first, both ends included, 300 at most") {
    auto const market = market_on("2026-11-24");
    auto const ask = [&](char const* start, char const* end) {
        return test::coinbase(
                   Request::parse(fmt::format(
                       "/products/BTC-USD/candles?granularity=86400&start={}&end={}", start, end)),
                   market)
            .value();
    };
    auto const two = ask("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");
    CHECK(two.body.starts_with(fmt::format("[[{},", seconds("2026-11-24"))));
    has(two.body, fmt::format("],[{},", seconds("2026-11-23")));
    has(two.body, fmt::format(",{},", market.prices.close("BTC-USD", day("2026-11-23"))));
    CHECK(ask("2026-01-01", "2026-10-27").status == 200);
    CHECK(ask("2026-01-01", "2026-10-28").status == 400);
}

TEST_CASE("the ECB lists business days by currency, and has nothing at all to say of a weekend") {
    auto const market = market_on("2026-11-24");
    auto const ask = [&](std::string const& rest) {
        return test::ecb(Request::parse("/service/data/EXR/D." + rest), market).value();
    };
    auto const usd = [&](char const* date) {
        return fmt::format("D,USD,{},{}\n", date, *market.prices.per_euro("USD", day(date)));
    };
    CHECK(ask("USD+XXX.EUR.SP00.A?startPeriod=2026-11-20&endPeriod=2026-11-23").body ==
          "FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE\n" + usd("2026-11-20") + usd("2026-11-23"));
    CHECK(ask("USD.EUR.SP00.A?lastNObservations=1").body ==
          "FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE\n" + usd("2026-11-24"));
    auto const weekend = ask("USD.EUR.SP00.A?startPeriod=2026-11-21&endPeriod=2026-11-22");
    CHECK(weekend.status == 200);
    CHECK(weekend.body.empty());
    CHECK(ask("XXX.EUR.SP00.A?startPeriod=2026-11-20&endPeriod=2026-11-23").status == 404);
}

TEST_CASE("a recorded body takes the place of a made-up one") {
    auto const directory = std::filesystem::path(PROJECT_DIR) / "daemon" / "market";
    test::Replay replay;
    replay.add("TSLA=" + (directory / "https.hpp").string() + "@404");
    replay.add(directory.string());
    CHECK_THROWS_AS(replay.add("TSLA=/nowhere.json"), std::runtime_error);
    auto const recorded = replay.find(Request::parse("/v8/finance/chart/TSLA?range=1d"));
    REQUIRE(recorded);
    CHECK(recorded->status == 404);
    CHECK(recorded->body.starts_with("#pragma once"));
    CHECK(replay.find(Request::parse("/any/limits.hpp")));
    CHECK_FALSE(replay.find(Request::parse("/any/..")));
    CHECK_FALSE(replay.find(Request::parse("/v8/finance/chart/AAPL")));
}
