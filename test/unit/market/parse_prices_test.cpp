#include "unit/market/providers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace portfoliod::market {

namespace {

struct Bar {
    std::string stamp;
    std::string close; ///< as it stands in the answer: a number, null, a text
};

std::int64_t epoch(char const* instant) {
    return parse_instant(instant).value().time_since_epoch().count() / 1'000'000;
}

std::string at(char const* instant) { return std::to_string(epoch(instant)); }

/// An answer in Yahoo's shape: parallel arrays, every figure the close.
std::string chart(std::vector<Bar> const& bars, std::string const& zone = "America/New_York",
                  std::string const& currency = "\"USD\"", std::string const& more = "") {
    std::string stamps;
    std::string closes;
    for (auto const& [stamp, close] : bars) {
        stamps += (stamps.empty() ? "" : ",") + stamp;
        closes += (closes.empty() ? "" : ",") + close;
    }
    return fmt::format(
        R"({{"chart":{{"result":[{{"meta":{{"currency":{0},"symbol":"X","exchangeTimezoneName":"{1}",)"
        R"("dataGranularity":"1d","gmtoffset":0}},"timestamp":[{2}],{4}"indicators":{{"quote":[)"
        R"({{"open":[{3}],"high":[{3}],"low":[{3}],"close":[{3}],"volume":[{3}]}}]}}}}],"error":null}}}})",
        currency, zone, stamps, closes, more);
}

PriceAnswer yahoo(std::string body, DayRange days, Asset const& asset = stock("X")) {
    return history(declared("yahoo"), asset, days, ok(std::move(body)));
}

std::vector<std::string> dates(PriceAnswer const& answer) {
    std::vector<std::string> texts;
    for (auto const& row : answer.rows) texts.push_back(portfoliod::to_text(row.date));
    return texts;
}

auto const january = range("2024-01-01", "2024-01-31");

} // namespace

TEST_CASE("a bar's date is the exchange's at that stamp, whatever the answer's offset says") {
    // Sydney opens at 23:00 UTC of the day before in its summer, at 00:00 in its winter.
    auto const answer =
        yahoo(chart({{at("2024-01-02 23:00:00"), "10.5"}, {at("2024-07-03 00:00:00"), "11.5"}},
                    "Australia/Sydney", "\"AUD\""),
              range("2024-01-01", "2024-12-31"), stock("X", "ASX", "AUD"));
    CHECK(dates(answer) == std::vector<std::string>{"2024-01-03", "2024-07-03"});
    auto const west = yahoo(chart({{at("2024-01-04 04:59:59"), "10.5"}}), january);
    CHECK(dates(west) == std::vector<std::string>{"2024-01-03"});
}

TEST_CASE("an answer says whether its prices stand as they were traded") {
    auto const read = [](std::string const& adjusted) {
        auto const provider = declared_as("base_url: https://api.example.com\nrequests:\n- gives: "
                                          "history\n  path: /h\n  rows: /*\n"
                                          "  fields: {date: d, close: c}\n" +
                                          adjusted);
        return history(provider, stock("X"), january, ok(R"([{"d":"2024-01-03","c":2}])"));
    };
    CHECK(!read("").unadjusted);
    CHECK(!read("  adjusted: splits\n").unadjusted);
    CHECK(read("  adjusted: none\n").unadjusted);
    CHECK(read("  adjusted: none\n").rows.size() == 1);
}

TEST_CASE("without a zone there is no date and no row") {
    for (auto const* const zone : {"Mars/Olympus", "../../etc/passwd", ""}) {
        auto const answer = yahoo(chart({{at("2024-01-03 14:30:00"), "10.5"}}, zone), january);
        CHECK(answer.outcome.kind == OutcomeKind::malformed);
        CHECK(answer.rows.empty());
    }
}

TEST_CASE("nulls are days without a figure, and a range of them is empty") {
    auto const some =
        yahoo(chart({{at("2024-01-02 14:30:00"), "null"}, {at("2024-01-03 14:30:00"), "10.25"}}),
              january);
    CHECK(some.outcome.kind == OutcomeKind::ok);
    CHECK(some.outcome.message == "");
    CHECK(dates(some) == std::vector<std::string>{"2024-01-03"});
    auto const none = yahoo(chart({{at("2024-01-02 14:30:00"), "null"}}), january);
    CHECK(none.outcome.kind == OutcomeKind::empty);
}

TEST_CASE("an answer without its arrays is empty") {
    auto body = chart({});
    auto const stamps = body.find("\"timestamp\"");
    body.erase(stamps, body.find("\"indicators\"") - stamps);
    auto const answer = yahoo(body, january);
    CHECK(answer.outcome.kind == OutcomeKind::empty);
    CHECK(yahoo(chart({}), january).outcome.kind == OutcomeKind::empty);
}

TEST_CASE("rows without the declared figure are malformed, not empty") {
    auto body = chart({{at("2024-01-02 14:30:00"), "10"}});
    body.replace(body.find("\"close\""), 7, "\"clothe\"");
    CHECK(yahoo(body, january).outcome.kind == OutcomeKind::malformed);
    auto const text = yahoo(chart({{at("2024-01-02 14:30:00"), "\"n/a\""}}), january);
    CHECK(text.outcome.kind == OutcomeKind::malformed);
    CHECK(text.outcome.message ==
          "yahoo: 1 of 1 rows not used: close 'n/a' of 2024-01-02 is no number");
}

TEST_CASE("a future that trades on in New York's evening does not change the day that is over") {
    auto const body =
        chart({{at("2024-01-03 05:00:00"), "10"},
               {at("2024-01-04 05:00:00"), "11"},
               {at("2024-01-05 00:29:00"), "12"}}); // the next session's, still the 4th there
    auto const answer = history(declared("yahoo"), stock("X"), january, ok(body),
                                parse_instant("2024-01-05 00:30:00").value());
    REQUIRE(answer.rows.size() == 2);
    CHECK(answer.rows.back().date == day("2024-01-04"));
    CHECK(answer.rows.back().close == "11");
}

TEST_CASE("in the east the day that is open is the exchange's, not UTC's") {
    auto const body = chart({{at("2024-01-03 23:00:00"), "10"}, {at("2024-01-04 23:00:00"), "11"}},
                            "Australia/Sydney", "\"AUD\"");
    auto const answer = history(declared("yahoo"), stock("X", "ASX", "AUD"), january, ok(body),
                                parse_instant("2024-01-04 23:30:00").value());
    CHECK(dates(answer) == std::vector<std::string>{"2024-01-04"});
}

TEST_CASE("of two bars of one date the later stamp counts, in whatever order they come") {
    auto const early = Bar{at("2024-01-02 14:30:00"), "10"};
    auto const late = Bar{at("2024-01-02 20:59:00"), "11"};
    auto const other = Bar{at("2024-01-03 14:30:00"), "12"};
    for (auto const& bars : {std::vector{early, late, other}, std::vector{other, late, early}}) {
        auto const answer = yahoo(chart(bars), january);
        REQUIRE(answer.rows.size() == 2);
        CHECK(answer.rows[0].close == "11");
        CHECK(answer.rows[1].close == "12");
    }
    auto const blank = Bar{at("2024-01-02 20:59:00"), "null"};
    CHECK(yahoo(chart({early, blank}), january).rows.front().close == "10");
}

TEST_CASE("rows outside the asked days are dropped, and so is a bar of today") {
    auto const body = chart({{at("2024-01-02 14:30:00"), "10"},
                             {at("2024-01-03 14:30:00"), "11"},
                             {at("2024-01-04 14:30:00"), "12"}});
    CHECK(dates(yahoo(body, range("2024-01-03", "2024-01-03"))) ==
          std::vector<std::string>{"2024-01-03"});
    auto const at_time = [&](char const* now) {
        return dates(
            history(declared("yahoo"), stock("X"), january, ok(body), parse_instant(now).value()));
    };
    auto const until_3rd = std::vector<std::string>{"2024-01-02", "2024-01-03"};
    CHECK(at_time("2024-01-04 23:30:00") == until_3rd);
    // Still the 4th in New York, whose session ended in UTC's.
    CHECK(at_time("2024-01-05 00:30:00").size() == 3);
    CHECK(yahoo(body, range("2024-01-20", "2024-01-21")).outcome.kind == OutcomeKind::empty);
}

TEST_CASE("prices of zero or less are handed on as doubtful, and what no column holds is dropped") {
    auto const answer = yahoo(chart({{at("2024-01-02 14:30:00"), "-37.63"},
                                     {at("2024-01-03 14:30:00"), "0"},
                                     {at("2024-01-04 14:30:00"), "1e17"},
                                     {at("2024-01-05 14:30:00"), "10.5"}}),
                              january);
    CHECK(answer.outcome.kind == OutcomeKind::ok);
    CHECK(dates(answer) == std::vector<std::string>{"2024-01-05"});
    CHECK(answer.outcome.message ==
          "yahoo: 3 of 4 rows not used: close '-37.63' of 2024-01-02 is not above zero");
    auto const doubts = [](PriceAnswer const& from) {
        std::string all;
        for (auto const& price : from.doubtful)
            all += fmt::format("{} {}: {} ({}); ", portfoliod::to_text(price.date), price.value,
                               price.reason, price.excerpt);
        return all;
    };
    CHECK(doubts(answer) == "2024-01-02 -37.63: not above zero (close -37.63); "
                            "2024-01-03 0: not above zero (close 0); ");
    // Its day is answered for: a person is to judge it.
    auto const only = yahoo(chart({{at("2024-01-02 14:30:00"), "-37.63"}}), january);
    CHECK(only.outcome.kind == OutcomeKind::ok);
    CHECK(only.rows.empty());
    CHECK(doubts(only) == "2024-01-02 -37.63: not above zero (close -37.63); ");
    // In major units; and a good stamp of the same day is better.
    auto const pence = yahoo(chart({{at("2024-01-02 09:00:00"), "-5"},
                                    {at("2024-01-03 09:00:00"), "-7"},
                                    {at("2024-01-03 16:00:00"), "700"}},
                                   "Europe/London", "\"GBp\""),
                             january, stock("X", "LSE", "GBP"));
    CHECK(doubts(pence) == "2024-01-02 -0.05: not above zero (close -5); ");
    CHECK(dates(pence) == std::vector<std::string>{"2024-01-03"});
}

TEST_CASE("minor units are folded exactly, each by its own factor") {
    struct Case {
        std::string unit, currency, close, expected;
    };

    for (auto const& [unit, currency, close, expected] :
         {Case{"GBp", "GBP", "305.3", "3.053"}, Case{"GBX", "GBP", "1", "0.01"},
          Case{"ILA", "ILS", "12345", "123.45"}, Case{"ZAc", "ZAR", "99999", "999.99"},
          Case{"USX", "USD", "55.25", "0.5525"}, Case{"KWF", "KWD", "250", "0.250"},
          Case{"GBP", "GBP", "305.3", "305.3"}}) {
        CAPTURE(unit);
        auto const answer =
            yahoo(chart({{at("2024-01-02 14:30:00"), close}}, "Europe/London", "\"" + unit + "\""),
                  january, stock("X", "LSE", currency));
        REQUIRE(answer.rows.size() == 1);
        CHECK(answer.rows.front().close == expected);
        CHECK(answer.rows.front().open == expected);
    }
}

TEST_CASE("another currency is refused, and none at all is not believed") {
    auto const bars = std::vector{Bar{at("2024-01-02 14:30:00"), "10"}};
    auto const other =
        yahoo(chart(bars, "Europe/London", "\"GBp\""), january, stock("X", "LSE", "EUR"));
    CHECK(other.outcome.kind == OutcomeKind::refused);
    CHECK(other.outcome.message == "currency mismatch: yahoo says GBp, the asset is in EUR");
    CHECK(other.rows.empty());
    auto const none = yahoo(chart(bars, "Europe/London", "null"), january);
    CHECK(none.outcome.kind == OutcomeKind::malformed);
}

TEST_CASE("a volume is whole or not there") {
    auto const answer = yahoo(chart({{at("2024-01-02 14:30:00"), "123.75"},
                                     {at("2024-01-03 14:30:00"), "99999999999999"}}),
                              january);
    REQUIRE(answer.rows.size() == 2);
    CHECK(answer.rows[0].volume == 123);
    CHECK(answer.rows[1].volume == 99999999999999);
}

TEST_CASE("events are dated by the exchange, folded like prices and clipped like rows") {
    auto const events = fmt::format(
        R"("events":{{"splits":{{"a":{{"date":{0},"numerator":4.0,"denominator":1.0}},)"
        R"("b":{{"date":{1},"numerator":1,"denominator":1}},)"
        R"("c":{{"date":{2},"numerator":2,"denominator":1}}}},)"
        R"("dividends":{{"a":{{"date":{0},"amount":12.5}},"b":{{"date":{1},"amount":-1}}}}}},)",
        at("2024-01-02 08:00:00"), at("2024-01-03 08:00:00"), at("2024-03-01 08:00:00"));
    auto const answer =
        yahoo(chart({{at("2024-01-02 08:00:00"), "1000"}}, "Europe/London", "\"GBp\"", events),
              january, stock("X", "LSE", "GBP"));
    REQUIRE(answer.splits.size() == 1);
    CHECK(answer.splits.front().ex_date == day("2024-01-02"));
    CHECK(answer.splits.front().numerator == "4");
    REQUIRE(answer.dividends.size() == 1);
    CHECK(answer.dividends.front().amount == "0.125");
}

TEST_CASE("a quote is one row dated by its own stamp, also while the day is open") {
    auto const body = fmt::format(
        R"({{"chart":{{"result":[{{"meta":{{"currency":"USD","symbol":"X","exchangeTimezoneName":)"
        R"("America/New_York","regularMarketTime":{},"regularMarketPrice":230.29,)"
        R"("regularMarketDayHigh":232.664,"regularMarketVolume":59096538}}}}],"error":null}}}})",
        at("2024-01-04 01:00:00"));
    auto const answer = quote(declared("yahoo"), stock("X"), ok(body),
                              parse_instant("2024-01-04 01:00:05").value());
    REQUIRE(answer.rows.size() == 1);
    CHECK(answer.rows.front().date == day("2024-01-03"));
    CHECK(answer.rows.front().close == "230.29");
    CHECK(answer.rows.front().high == "232.664");
    CHECK(!answer.rows.front().low);
    CHECK(answer.source == "yahoo");
}

TEST_CASE("of several symbols in one answer only ours is read, whatever it is called there") {
    auto const provider = declared_as(R"(base_url: https://a.example
symbols: {BTC: XBT}
requests:
- gives: quote
  for: [crypto]
  path: /t
  query: {pair: "{symbol}"}
  symbol: "{base}{quote}"
  batch: {max: 50, join: ",", named: ["X{base}Z{quote}"]}
  rows: /result/*
  fields: {symbol: "@1", close: c/0}
  time: {as: now}
)");
    auto const answer =
        quote(provider, coin("BTC"),
              ok(R"({"result":{"XETHZUSD":{"c":["9"]},"XXBTZUSD":{"c":["97000.1"]}}})"));
    REQUIRE(answer.rows.size() == 1);
    CHECK(answer.rows.front().close == "97000.1");
    CHECK(answer.rows.front().date == day("2026-11-23"));
}

TEST_CASE("a stamp at the end of its day, a unit the file states and a peg are all told apart") {
    auto const provider = declared_as(R"(base_url: https://a.example
symbols: {USD: USDT}
pegs: {USDT: USD}
requests:
- gives: history
  for: [crypto]
  path: /h
  rows: /*
  fields: {date: "0", close: "1", currency: "={quote}"}
  time: {as: ms, zone: UTC, stamp: end}
- gives: history
  for: [stock]
  path: /h
  unit_of: {LSE: GBX}
  missing: ["."]
  rows: /*
  fields: {date: d, close: [c, close]}
  time: {as: "%d.%m.%Y", zone: Europe/London}
)");
    auto const pegged = history(provider, coin("BTC"), january,
                                ok("[[" + at("2024-01-03 00:00:00") + "000, 42.5]]"));
    REQUIRE(pegged.rows.size() == 1);
    CHECK(pegged.rows.front().date == day("2024-01-02"));
    CHECK(pegged.source == "test/USDT");
    auto const pence =
        history(provider, stock("X", "LSE", "GBP"), january,
                ok(R"([{"d":"02.01.2024","close":"250"},{"d":"03.01.2024","c":"."}])"));
    REQUIRE(pence.rows.size() == 1);
    CHECK(pence.rows.front().close == "2.50");
    CHECK(pence.rows.front().date == day("2024-01-02"));
}

TEST_CASE("stamps beyond reason are no dates") {
    auto const coinbase = declared("coinbase");
    for (auto const* const stamp :
         {"99999999999999", "-99999999999", "1e40", "\"soon\"", "true", "1704153600000"}) {
        CAPTURE(stamp);
        auto const body = fmt::format("[[{},1,2,1.5,1.7,10]]", stamp);
        auto const answer = history(coinbase, coin("BTC"), january, ok(body));
        CHECK(answer.outcome.kind == OutcomeKind::malformed);
        CHECK(answer.rows.empty());
    }
}

TEST_CASE("no body, however broken, throws or yields a row") {
    auto const whole = chart({{at("2024-01-02 14:30:00"), "10.5"}});
    for (std::size_t size = 0; size < whole.size(); size += 3)
        CHECK(yahoo(whole.substr(0, size), january).outcome.kind == OutcomeKind::malformed);
    for (std::string const& body :
         {std::string{"<html>"}, std::string{"\xff\xfe{}"}, std::string(50'000, '['),
          std::string{"{\"chart\":[]}"}, std::string{"{\"chart\":{\"result\":[]}}"}})
        CHECK(yahoo(body, january).outcome.kind == OutcomeKind::malformed);
}

} // namespace portfoliod::market
