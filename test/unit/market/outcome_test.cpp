#include "unit/market/providers.hpp"

#include <doctest/doctest.h>

#include <string>

namespace portfoliod::market {

namespace {

using std::chrono::seconds;

Outcome outcome(Declaration const& provider, int status, std::string body,
                std::optional<seconds> retry_after = {}) {
    auto const reply = Reply{status, std::move(body), retry_after};
    return history(provider, coin("BTC"), range("2024-01-01", "2024-01-02"), reply).outcome;
}

} // namespace

TEST_CASE("a status means what it usually means where the file has no rule") {
    auto const provider = declared("coinbase");

    struct Case {
        int status;
        OutcomeKind kind;
    };
    using enum OutcomeKind;
    for (auto const& [status, kind] :
         {Case{301, malformed}, Case{302, malformed}, Case{400, refused}, Case{401, denied},
          Case{403, denied}, Case{404, unknown_symbol}, Case{408, transient}, Case{422, refused},
          Case{429, rate_limited}, Case{500, transient}, Case{503, transient}}) {
        CAPTURE(status);
        CHECK(outcome(provider, status, "{}").kind == kind);
        CHECK(outcome(provider, status, "<html>").kind == kind);
    }
    CHECK(outcome(provider, 200, "<html>").kind == malformed);
    CHECK(outcome(provider, 204, "").kind == malformed);
}

TEST_CASE("the first rule that fits wins over the status") {
    auto const provider = declared_as(R"(base_url: https://a.example
outcomes:
- {at: /error/0, has: [unknown PAIR], is: unknown_symbol}
- {at: /code, equals: -1003, is: rate_limited, wait: 60s}
- {at: /error/0, is: refused}
- {has: over quota, is: rate_limited, wait: 1h}
requests:
- gives: history
  path: /h
  rows: /rows/*
  fields: {date: d, close: c}
)");
    CHECK(outcome(provider, 200, R"({"error":["EQuery:Unknown pair"]})").kind ==
          OutcomeKind::unknown_symbol);
    CHECK(outcome(provider, 200, R"({"error":["else"]})").kind == OutcomeKind::refused);
    CHECK(outcome(provider, 200, R"({"error":[],"rows":[]})").kind == OutcomeKind::empty);
    CHECK(outcome(provider, 418, R"({"code":-1003})").wait == seconds{60});
    CHECK(outcome(provider, 418, R"({"code":-1003})", seconds{90}).wait == seconds{90});
    CHECK(outcome(provider, 418, R"({"code":-1003})", seconds{5}).wait == seconds{5});
    CHECK(outcome(provider, 200, "You are over quota").wait == std::chrono::hours{1});
}

TEST_CASE("a rule may be about the whole body, also about one with nothing in it") {
    auto const provider = declared_as(R"(base_url: https://a.example
outcomes:
- {status: 200, equals: "", is: empty}
- {equals: No data, is: unknown_symbol}
requests:
- gives: history
  path: /h
  format: csv
  rows: /*
  fields: {date: Date, close: Close}
)");
    CHECK(outcome(provider, 200, "").kind == OutcomeKind::empty);
    CHECK(outcome(provider, 200, "\r\n").kind == OutcomeKind::empty);
    CHECK(outcome(provider, 502, "").kind == OutcomeKind::transient);
    CHECK(outcome(provider, 200, "No data\n").kind == OutcomeKind::unknown_symbol);
    CHECK(outcome(provider, 200, "No data today").kind == OutcomeKind::malformed);
    CHECK(outcome(provider, 200, "Date,Close\n2024-01-02,5\n").kind == OutcomeKind::ok);
}

TEST_CASE("a message quotes the provider, but never the key") {
    auto provider = declared_as(R"(base_url: https://a.example
key: K
outcomes:
- {at: /message, has: bad key, is: denied}
requests:
- gives: history
  path: /h
  rows: /rows/*
  fields: {date: d, close: c}
)");
    apply({{}, {}, {}, {}, {}, "s3cr3t"}, provider);
    auto const denied = outcome(provider, 401, "{\"message\":\"bad key s3cr3t\\n of s3cr3t\"}");
    CHECK(denied.message == "test answered 401: bad key (key)  of (key)");
    apply({{}, {}, {}, {}, {}, "s3/cr+3t"}, provider);
    auto const address = outcome(provider, 401, R"({"message":"bad key in /h?k=s3%2Fcr%2B3t"})");
    CHECK(address.message == "test answered 401: bad key in /h?k=(key)");
    apply({{}, {}, {}, {}, {}, "key"}, provider);
    CHECK(outcome(provider, 401, R"({"message":"bad key keykey"})").message ==
          "test answered 401: bad (key) (key)(key)");
    auto const body = "{\"message\":\"bad key " + std::string(5000, 'x') + "\"}";
    CHECK(outcome(provider, 401, body).message.size() < 250);
}

TEST_CASE("Retry-After is seconds or a date, and never longer than six hours") {
    auto const now = parse_instant("2026-11-23 12:00:00").value();
    CHECK(parse_retry_after("120", now) == seconds{120});
    CHECK(parse_retry_after("0", now) == seconds{0});
    CHECK(parse_retry_after("-5", now) == seconds{0});
    CHECK(parse_retry_after("999999", now) == std::chrono::hours{6});
    CHECK(parse_retry_after("99999999999999999999999", now) == std::chrono::hours{6});
    CHECK(parse_retry_after("Mon, 23 Nov 2026 12:01:30 GMT", now) == seconds{90});
    CHECK(parse_retry_after("Mon, 23 Nov 2026 11:00:00 GMT", now) == seconds{0});
    CHECK(parse_retry_after("Tue, 23 Nov 2027 12:00:00 GMT", now) == std::chrono::hours{6});
    CHECK(!parse_retry_after("soon", now));
    CHECK(!parse_retry_after("", now));
}

} // namespace portfoliod::market
