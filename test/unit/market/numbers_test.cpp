#include "unit/market/providers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

/// Figures and stamps as providers send them, from an answer to a row.
namespace portfoliod::market {

namespace {

std::string const plain = R"(base_url: https://api.example.com
requests:
- gives: history
  path: /h
  rows: /*
  fields: {date: d, open: o, close: c, volume: v}
)";

auto const january = range("2024-01-01", "2024-01-31");

PriceAnswer of(std::string const& row, std::string const& more = "",
               Asset const& asset = stock("X"), DayRange days = january) {
    return history(declared_as(plain + more), asset, days, ok("[" + row + "]"));
}

std::string close(std::string const& figure) {
    auto const answer = of(R"({"d":"2024-01-03","c":)" + figure + "}");
    return answer.rows.empty() ? std::string{to_text(answer.outcome.kind)}
                               : answer.rows.front().close;
}

std::string volume(std::string const& figure) {
    auto const answer = of(R"({"d":"2024-01-03","c":1,"v":)" + figure + "}");
    REQUIRE(answer.rows.size() == 1);
    auto const& found = answer.rows.front().volume;
    return found ? std::to_string(*found) : "none";
}

std::string date_of(std::string const& stamp, std::string const& time) {
    auto const answer = of(R"({"d":)" + stamp + R"(,"c":1})", "  time: " + time + "\n", stock("X"),
                           range("1900-01-01", "2026-11-22"));
    return answer.rows.empty() ? std::string{to_text(answer.outcome.kind)}
                               : portfoliod::to_text(answer.rows.front().date);
}

} // namespace

TEST_CASE("a price keeps its digits, whatever form it is sent in") {
    CHECK(close("1.5e2") == "150");
    CHECK(close("1.5E+2") == "150");
    CHECK(close("5e-8") == "0.00000005");
    CHECK(close("\"1e3\"") == "1000");
    CHECK(close("0.1000000000000000055511151231257827") == "0.100000000000");
    CHECK(close("4.727521520000001") == "4.727521520000");
    CHECK(close("9007199254740993.25") == "9007199254740993.25"); // no double holds it
    CHECK(close("123456789012345.123456789012") == "123456789012345.123456789012");
    CHECK(close("\"00123.4500\"") == "123.4500");
}

TEST_CASE("what is no number, or none that a price can be, is no row") {
    for (auto const* const figure : {"\"12.5x\"", "\"1,234.5\"", "\"\"", "\"NaN\"", "\"Infinity\"",
                                     "\"0x10\"", "true", "[1]", "{}", "\"1e999\"", "\"--1\""})
        CHECK(close(figure) == "malformed");
    for (auto const* const figure : {"1e17", "null"}) CHECK(close(figure) == "empty");
    // Figures, and kept aside for a person to judge: the day has an answer.
    for (auto const* const figure : {"0", "-0.0", "-37.63", "1e-30"}) CHECK(close(figure) == "ok");
}

TEST_CASE("a quote of a day that is still to come is no price") {
    auto const provider = declared_as(R"(base_url: https://api.example.com
requests:
- gives: quote
  path: /q
  rows: /*
  time: {as: s, zone: America/New_York}
  fields: {date: t, close: c}
)");
    auto const now = parse_instant("2026-11-23 12:00:00").value();
    auto const at = [&](char const* instant) {
        auto const since = parse_instant(instant).value().time_since_epoch();
        auto const s = std::chrono::duration_cast<std::chrono::seconds>(since).count();
        return quote(provider, stock("X"), ok(fmt::format(R"([{{"t":{},"c":5}}])", s)), now);
    };
    CHECK(at("2026-11-23 11:59:00").rows.size() == 1);
    CHECK(at("2026-11-23 21:00:00").rows.size() == 1); // stamped with the close to come
    CHECK(at("2026-11-24 15:00:00").rows.empty());
    CHECK(at("2031-01-02 15:00:00").outcome.kind == OutcomeKind::malformed);
}

TEST_CASE("volumes are whole, however large, and a fraction is cut off") {
    CHECK(volume("9007199254740993") == "9007199254740993"); // 2^53 + 1
    CHECK(volume("9223372036854775807") == "9223372036854775807");
    CHECK(volume("9223372036854775808") == "none");
    CHECK(volume("27749.999999") == "27749");
    CHECK(volume("1.5e10") == "15000000000");
    CHECK(volume("\"812.51\"") == "812");
    CHECK(volume("0") == "0");
    CHECK(volume("-1") == "none");
    CHECK(volume("null") == "none");
    CHECK(volume("\"n/a\"") == "none");
}

TEST_CASE("a figure beside the close may be missing or absurd, and the bar still counts") {
    auto const answer = of(R"({"d":"2024-01-03","c":10,"o":-1},{"d":"2024-01-04","c":11})");
    REQUIRE(answer.rows.size() == 2);
    CHECK(!answer.rows[0].open);
    CHECK(!answer.rows[1].open);
}

TEST_CASE("stamps before 1970 are days as well, also with a fraction") {
    auto const new_york = "{as: s, zone: America/New_York}";
    CHECK(date_of("-86400", "{as: s, zone: UTC}") == "1969-12-31");
    CHECK(date_of("-1", "{as: s, zone: UTC}") == "1969-12-31");
    CHECK(date_of("-0.5", "{as: s, zone: UTC}") == "1969-12-31");
    CHECK(date_of("-86400.5", "{as: s, zone: UTC}") == "1969-12-30");
    CHECK(date_of("-315600000", new_york) == "1960-01-01");              // 05:20 UTC
    CHECK(date_of("-62135596800", "{as: s, zone: UTC}") == "malformed"); // the year 1
    CHECK(date_of("-86400000", "{as: ms, zone: UTC}") == "1969-12-31");
    CHECK(date_of("-1.5", "{as: ms, zone: UTC}") == "1969-12-31");
}

TEST_CASE("a stamp is a day of its zone, and the end of a day is still that day") {
    CHECK(date_of("1704153600", "{as: s, zone: UTC}") == "2024-01-02");
    CHECK(date_of("1704153600", "{as: s, zone: UTC, stamp: end}") == "2024-01-01");
    CHECK(date_of("1704153601", "{as: s, zone: UTC, stamp: end}") == "2024-01-02");
    CHECK(date_of("1704207600000", "{as: ms, zone: Asia/Tokyo, stamp: end}") == "2024-01-02");
    CHECK(date_of("\"2024-01-02T23:30:00Z\"", "{as: iso, zone: Asia/Tokyo}") == "2024-01-03");
    CHECK(date_of("\"2024-01-03T00:30:00+09:00\"", "{as: iso, zone: UTC}") == "2024-01-02");
    CHECK(date_of("\"2024-01-03T00:30:00.123456789-0500\"", "{as: iso, zone: UTC}") ==
          "2024-01-03");
    CHECK(date_of("\"2024-01-03 00:30:00\"", "{as: iso, zone: America/New_York}") == "2024-01-03");
    CHECK(date_of("\"2024-01-03T00:00:00.000Z\"", "{as: date}") == "2024-01-03");
    CHECK(date_of("\"01/03/2024\"", "{as: \"%m/%d/%Y\"}") == "2024-01-03");
    CHECK(date_of("\"2024-13-03\"", "{as: date}") == "malformed");
    CHECK(date_of("\"2024-02-30\"", "{as: date}") == "malformed");
    CHECK(date_of("null", "{as: date}") == "malformed");
}

TEST_CASE("dates come in any order and twice, and the rows are in order and once") {
    auto const answer = of(R"({"d":"2024-01-05","c":3},{"d":"2024-01-03","c":1},)"
                           R"({"d":"2024-01-05","c":4},{"d":"2024-01-04","c":2})");
    REQUIRE(answer.rows.size() == 3);
    CHECK(answer.rows[0].close == "1");
    CHECK(answer.rows[1].close == "2");
    CHECK(answer.rows[2].close == "4"); // the later of two with one stamp
}

TEST_CASE("weeks and months in an answer about days are refused, thin trading is not") {
    auto const dated = [](std::vector<std::string> const& dates, std::string const& more = "") {
        std::string rows;
        for (auto const& date : dates)
            rows += (rows.empty() ? "" : ",") + fmt::format(R"({{"d":"{}","c":1}})", date);
        return of(rows, more, stock("X"), range("2024-01-01", "2024-12-31"));
    };
    CHECK(dated({"2024-01-05", "2024-01-12", "2024-01-19"}).outcome.message ==
          "test: weekly bars, not daily bars");
    CHECK(dated({"2024-01-05", "2024-01-11", "2024-01-19", "2024-01-26"}).outcome.kind ==
          OutcomeKind::malformed); // a Friday without trading
    CHECK(dated({"2024-01-31", "2024-02-29", "2024-03-28"}).outcome.message ==
          "test: monthly bars, not daily bars");
    CHECK(dated({"2024-01-05", "2024-01-12"}).rows.size() == 2);
    CHECK(dated({"2024-01-05", "2024-01-12", "2024-01-19", "2024-01-22"}).rows.size() == 4);
    CHECK(dated({"2024-01-02", "2024-01-20", "2024-03-01"}).rows.size() == 3);
    // A fund valued weekly, where the answer says that its bars are of a day.
    auto const stated = history(
        declared_as(plain + "  require: [{at: /0/i, equals: 1d}]\n"), stock("X"),
        range("2024-01-01", "2024-12-31"),
        ok(R"([{"i":"1d","d":"2024-01-05","c":1},{"d":"2024-01-12","c":1},{"d":"2024-01-19","c":1}])"));
    CHECK(stated.rows.size() == 3);
}

TEST_CASE("London in pence by the file's word is folded, and a dollar listing there is refused") {
    auto const more = "  unit_of: {LSE: GBX}\n";
    auto const row = R"({"d":"2024-01-03","c":250.5})";
    CHECK(of(row, more, stock("X", "LSE", "GBP")).rows.front().close == "2.505");
    auto const dollars = of(row, more, stock("X", "LSE", "USD"));
    CHECK(dollars.outcome.kind == OutcomeKind::refused);
    CHECK(dollars.outcome.message == "currency mismatch: test says GBX, the asset is in USD");
    CHECK(dollars.rows.empty());
    CHECK(of(row, more, stock("X", "NYSE")).rows.front().close == "250.5");
}

TEST_CASE("US cents become dollars, and a currency in small letters is that currency") {
    auto const read = [](char const* unit) {
        auto yaml = plain;
        yaml.replace(yaml.find("close: c"), 8, "close: c, currency: u");
        return history(declared_as(yaml), stock("X"), january,
                       ok(fmt::format(R"([{{"d":"2024-01-03","c":"455.25","u":"{}"}}])", unit)));
    };
    CHECK(read("USX").rows.front().close == "4.5525");
    CHECK(read("usd").rows.front().close == "455.25");
    CHECK(read("gbp").outcome.kind == OutcomeKind::refused);
}

TEST_CASE("a table that ends inside a line, or without the end of one, is malformed") {
    auto const provider =
        declared_as("base_url: https://api.example.com\nrequests:\n- gives: history\n"
                    "  path: /h\n  format: csv\n  rows: /*\n"
                    "  fields: {date: Date, close: Close}\n");
    std::string const whole = "Date, Close ,Volume\r\n2024-01-03,10.25,5\r\n2024-01-04,11.75,6\r\n";
    auto const kind = [&](std::string body) {
        return history(provider, stock("X"), january, ok(std::move(body)));
    };
    REQUIRE(kind(whole).rows.size() == 2);
    CHECK(kind(whole).rows.back().close == "11.75");
    for (std::size_t size = 21; size + 2 < whole.size(); ++size) {
        if (whole[size - 1] == '\n' || whole[size - 1] == '\r') continue;
        CAPTURE(size);
        CHECK(kind(whole.substr(0, size)).outcome.kind == OutcomeKind::malformed);
    }
    CHECK(kind("{\"detail\":\"Not found.\"}\n").outcome.kind == OutcomeKind::malformed);
}

TEST_CASE("a provider of CSV may state its errors in JSON with a good status") {
    auto const provider = declared_as("base_url: https://api.example.com\noutcomes:\n"
                                      "- {at: /detail, has: Not found, is: unknown_symbol}\n"
                                      "requests:\n- gives: history\n  path: /h\n  format: csv\n"
                                      "  rows: /*\n  fields: {date: Date, close: Close}\n");
    CHECK(history(provider, stock("X"), january, ok("{\"detail\":\"Not found.\"}")).outcome.kind ==
          OutcomeKind::unknown_symbol);
}

TEST_CASE("a genuine pointer with a star must hold in every row, and no row is no lie") {
    auto const provider = declared_as(plain + "  genuine: /*/mark\n");
    auto const kind = [&](char const* body) {
        return history(provider, stock("X"), january, ok(body)).outcome.kind;
    };
    CHECK(kind(R"([{"d":"2024-01-03","c":1,"mark":null}])") == OutcomeKind::ok);
    CHECK(kind(R"([{"d":"2024-01-03","c":1,"mark":2},{"d":"2024-01-04","c":1}])") ==
          OutcomeKind::malformed);
    CHECK(kind("[]") == OutcomeKind::empty);
}

} // namespace portfoliod::market
