#include "unit/market/providers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

/// A wrong declaration is an error with file, line and key, never a surprise at the first request.
namespace portfoliod::market {

namespace {

std::string complaint(std::string const& yaml) {
    try {
        declared_as(yaml);
    } catch (ConfigError const& e) {
        return e.what();
    }
    return "(accepted)";
}

struct Request {
    std::string gives = "history";
    std::string path = "/h/{symbol}";
    std::string rows = "/*";
    std::string fields = "{date: d, close: c}";
    std::string more = "";
};

std::string of(Request const& request) {
    return complaint(
        fmt::format("base_url: https://api.example.com\nrequests:\n- gives: {}\n  path: "
                    "\"{}\"\n  rows: {}\n  fields: {}\n{}",
                    request.gives, request.path, request.rows, request.fields,
                    request.more.empty() ? "" : "  " + request.more + "\n"));
}

/// Of a line added to a history; nothing but what comes after file, line and the request's key.
std::string line(std::string const& more, std::string const& gives = "history") {
    auto const rates = gives.starts_with("rates");
    Request request{gives, "/h/{symbol}", "/*",
                    rates ? "{date: d, base: b, quote: q, rate: r}" : "{date: d, close: c}", more};
    auto const said = of(request);
    std::string const where = "test.yaml:7: requests[0].";
    return said.starts_with(where) ? said.substr(where.size()) : said;
}

std::string root(std::string const& first) {
    return complaint(first + "\nbase_url: https://api.example.com\nrequests:\n- gives: quote\n"
                             "  path: /q\n  rows: \"\"\n  fields: {date: d, close: c}\n");
}

} // namespace

TEST_CASE("what each wrong line of a provider's file is told") {
    CHECK(of({}) == "(accepted)");
    CHECK(line("pad: 8") == "pad: must be a whole number from 0 to 7, not '8'");
    CHECK(line("oldest: 0") == "oldest: must be a whole number from 1 to 100000, not '0'");
    CHECK(line("window: weekly") ==
          "window: must be a whole number from 1 to 100000, not 'weekly'");
    CHECK(line("format: xml") == "format: must be one of json, csv, not 'xml'");
    CHECK(line("numbers: float64") == "numbers: must be one of text, float32, not 'float64'");
    CHECK(line("empty: nothing").starts_with("empty: must be one of empty, rate_limited"));
    CHECK(line("for: []") == "for: names nothing; without it, everything is asked for");
    CHECK(line("for: [usd]", "rates_history") == "for: 'usd' is not a currency code");
    CHECK(line("mapped_only: maybe") == "mapped_only: must be true or false, not 'maybe'");
    CHECK(line("unit_of: {LSE: pence}") ==
          "unit_of.LSE: 'pence' is neither a currency code nor a minor unit such as GBX");
    CHECK(line("symbols: {stonk: {A: B}}") ==
          "symbols.stonk: 'stonk' is not stock, crypto, commodity or bond");
    CHECK(line("symbol: {stonk: \"{symbol}\"}") ==
          "symbol.stonk: 'stonk' is not stock, crypto, commodity or bond");
    CHECK(line("gives: quote") == "gives: this key stands twice in the same map");
    CHECK(line("<<: {pad: 1}") == "<<: merge keys (<<) are not supported; write it out");
    CHECK(line("pad: &days 1") == "(accepted)"); // an anchor alone changes nothing
    CHECK(line("query: {a: *days}").starts_with("test.yaml:"));
}

TEST_CASE("an alias is refused where it stands: it would mean what stands elsewhere") {
    CHECK(
        complaint("about: &text x\nbase_url: *text\n") ==
        "test.yaml:2: anchors and aliases (&, *) are not supported; write it out, or put the text "
        "in quotes");
}

TEST_CASE("times that cannot be read are refused when the file is loaded") {
    CHECK(line("time: {as: hours}") ==
          "time.as: must be one of date, s, ms, iso, now, not 'hours'");
    CHECK(line("time: {as: s, zone: Europe/Londn}") ==
          "time.zone: there is no time zone 'Europe/Londn'; it is one of the IANA, such as "
          "Europe/London, or a pointer to one in the answer");
    CHECK(line("time: {as: s, zone: /meta/~zone}").starts_with("time.zone: in a JSON Pointer ~0"));
    CHECK(line("time: {as: s, zone: /meta/zone}") == "(accepted)");
    CHECK(line("time: {as: \"%d.%m\"}") ==
          "time.as: '%d.%m' does not give a whole date; one that does: %d.%m.%Y");
    CHECK(line("time: {as: \"%m/%d/%Y\"}") == "(accepted)");
    CHECK(line("time: {as: date, stamp: end}") ==
          "time: stamp: end needs a stamp with a time of day");
    CHECK(line("time: {as: s, zone: UTC, stamp: middle}") ==
          "time.stamp: must be one of start, end, not 'middle'");
}

TEST_CASE("a template may speak only of what has a value in its request") {
    CHECK(of({.path = "/h/{simbol}"})
              .starts_with("test.yaml:4: requests[0].path: '{simbol}' is unknown; known here: "));
    CHECK(of({.path = "/h/{currency}"}) ==
          "test.yaml:4: requests[0].path: {currency} has no value in this kind of request");
    CHECK(of({.gives = "quote", .path = "/q/{from:s}"}) ==
          "test.yaml:4: requests[0].path: {from} has no value in this kind of request");
    CHECK(line("query: {a: \"{base}\"}", "rates_latest") ==
          "query.a: {base} has no value in this kind of request");
    CHECK(line("query: {from: \"{from}\"}")
              .starts_with("query.from: '{from}': a day needs :s, :ms or a format"));
    CHECK(line("query: {key: \"{key}\"}") == "test.yaml:1: {key} is used, but no key is declared");
    CHECK(line("batch: {max: 5, join: \",\"}\n  query: {c: \"{currency}\"}", "rates_latest")
              .find("{currency} has no value") != std::string::npos);
}

TEST_CASE("places must be ones that can be there") {
    CHECK(of({.rows = "rows/*"}) ==
          "test.yaml:5: requests[0].rows: must be a JSON Pointer: it begins with '/'");
    CHECK(of({.fields = "{date: \"@2\", close: c}"}) ==
          "test.yaml:6: requests[0].fields.date: @2 is what the 2. * of rows matches, and rows has "
          "1");
    CHECK(of({.fields = "{date: d, close: /a/*/c}"}) ==
          "test.yaml:6: requests[0].fields.close: only rows takes a *: here @1 stands for what it "
          "matched");
    CHECK(of({.fields = "{date: d}"}) == "test.yaml:6: requests[0].fields: close is missing");
    CHECK(of({.fields = "{close: c}"}) == "test.yaml:6: requests[0].fields: date is missing");
    CHECK(of({.fields = "{date: d, close: []}"}) ==
          "test.yaml:6: requests[0].fields.close: needs at least one place to look at");
    CHECK(of({.fields = "{date: d, close: c, rate: r}"})
              .starts_with("test.yaml:6: requests[0].fields.rate: unknown key"));
    CHECK(line("genuine: [meta]") == "genuine[0]: must be a JSON Pointer: it begins with '/'");
    CHECK(line("require: [{at: \"/*/x\", equals: 1}]") ==
          "require[0].at: names one place: only rows and genuine take a *");
    CHECK(line("require: [{at: /x}]") == "require[0]: equals is missing");
    CHECK(line("events: {splits: {rows: \"/*\", date: d, ratio: [a, b, c]}}") ==
          "events.splits.ratio: needs 1 to 2 places to look at");
    CHECK(line("events: {splits: {rows: /s, date: \"@1\", ratio: r}}")
              .starts_with("events.splits.date: @1 is what"));
}

TEST_CASE("keys of another kind of request are refused, not passed over") {
    CHECK(line("window: 30", "quote") == "window: only a history has days to ask for");
    CHECK(line("oldest: 30", "rates_latest") == "oldest: only a history has days to ask for");
    CHECK(line("adjusted: none", "quote") == "adjusted: only a history of prices has it");
    CHECK(line("unit_of: {LSE: GBX}", "rates_history") == "unit_of: only prices have it");
    CHECK(line("batch: {max: 5, join: \",\"}") ==
          "batch: only quotes and rates can be asked for together");
    CHECK(line("batch: {max: 5, join: \",\"}", "quote") ==
          "batch: needs fields.symbol: which row is whose?");
    CHECK(line("batch: {max: 2, join: \",\", always: [USD, EUR]}", "rates_latest") ==
          "batch: max must leave room beside those asked for always");
    CHECK(line("batch: {max: 2}", "rates_latest") == "batch: join is missing");
}

TEST_CASE("what stands at the top of a provider's file is checked as well") {
    CHECK(root("limits: {per_minute: 0}") ==
          "test.yaml:1: limits.per_minute: must be a whole number from 1 to 1000000, not '0'");
    CHECK(root("limits: {per_week: 5}").starts_with("test.yaml:1: limits.per_week: unknown key"));
    CHECK(root("limits: {concurrency: -1}").find("from 1 to 100") != std::string::npos);
    CHECK(root("pegs: {USDT: dollar}") ==
          "test.yaml:1: pegs.USDT: must be the code of the currency that USDT is taken for");
    CHECK(root("headers: {\"X Y\": a}") == "test.yaml:1: headers.X Y: is no name of a header");
    CHECK(root("headers: {X: \"{symbol}\"}") ==
          "test.yaml:1: headers.X: a header may hold the {key} and no other variable");
    CHECK(root("headers: {X: \"a\\r\\nY: b\"}") == "test.yaml:1: headers.X: must be one line");
    CHECK(root("key: \"?\"") == "test.yaml:1: key: must be the name of a secret");
    CHECK(root("outcomes: [{at: \"/*/x\", is: empty}]") ==
          "test.yaml:1: outcomes[0].at: names one place: only rows takes a *");
    CHECK(root("outcomes: [{status: 4040, is: empty}]") ==
          "test.yaml:1: outcomes[0].status: must be a whole number from 100 to 599, not '4040'");
    CHECK(root("outcomes: [{status: 404, is: empty, scope: request}]") ==
          "test.yaml:1: outcomes[0].scope: only denied and rate_limited have a scope");
    CHECK(root("outcomes: [{status: 403, is: denied, scope: all}]") ==
          "test.yaml:1: outcomes[0].scope: must be provider or request, not 'all'");
    CHECK(root("outcomes: [{status: 429, is: rate_limited, wait: soon}]")
              .starts_with("test.yaml:1: outcomes[0].wait: "));
    CHECK(complaint("base_url: https://api.example.com\nrequests: []\n") ==
          "test.yaml:2: requests: names no request");
    CHECK(complaint("base_url: https://api.example.com\nbase_url: https://b.example.com\n") ==
          "test.yaml:2: base_url: this key stands twice in the same map");
    CHECK(complaint("a: [1\n").starts_with("test.yaml:2: not valid YAML: "));
}

} // namespace portfoliod::market
