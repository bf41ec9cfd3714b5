#include "unit/market/providers.hpp"

#include <doctest/doctest.h>

#include <string>

namespace portfoliod::market {

namespace {

std::string const minimal = R"(base_url: https://api.example.com/
requests:
- gives: quote
  path: /q/{symbol}
  rows: ""
  fields: {date: d, close: c}
)";

std::string complaint(std::string const& yaml) {
    try {
        declared_as(yaml);
    } catch (ConfigError const& e) {
        return e.what();
    }
    return "";
}

std::string with_line(std::string const& line) { return minimal + line + "\n"; }

} // namespace

TEST_CASE("a small provider file is enough") {
    auto const provider = declared_as(minimal);
    CHECK(provider.base_url == "https://api.example.com");
    REQUIRE(provider.requests.size() == 1);
    CHECK(provider.requests.front().gives == Gives::quote);
    CHECK(provider.requests.front().time.as == TimeRule::As::date);
    CHECK(provider.limits.concurrency == 1);
}

TEST_CASE("a complaint names the file, the line, the key and what is wrong") {
    CHECK(complaint(with_line("  windows: 3")) ==
          "test.yaml:7: requests[0].windows: unknown key; did you mean 'window'?");
    CHECK(complaint(with_line("  gives: quote")) ==
          "test.yaml:7: requests[0].gives: this key stands twice in the same map");
    CHECK(complaint(with_line("  pad: 99")) ==
          "test.yaml:7: requests[0].pad: must be a whole number from 0 to 7, not '99'");
    CHECK(complaint(with_line("  for: [stonk]")) ==
          "test.yaml:7: requests[0].for: 'stonk' is not stock, crypto, commodity or bond");
    CHECK(complaint(with_line("  genuine: meta/symbol")) ==
          "test.yaml:7: requests[0].genuine: must be a JSON Pointer: it begins with '/'");
    CHECK(complaint(with_line("  symbol: \"{simbol}\""))
              .starts_with("test.yaml:7: requests[0].symbol: '{simbol}' is unknown; known here: "
                           "symbol, base"));
    CHECK(complaint(with_line("  time: {as: s}")) ==
          "test.yaml:7: requests[0].time: a stamp in s or ms needs a zone: the date depends on it");
    CHECK(complaint(with_line("  adjusted: dividends")) ==
          "test.yaml:7: requests[0].adjusted: must be one of splits, none, not 'dividends'");
}

TEST_CASE("what a provider file must not leave out is asked for") {
    CHECK(complaint("requests: []\n") == "test.yaml:1: base_url is missing");
    CHECK(complaint("base_url: http://api.example.com\nrequests: []\n")
              .starts_with("test.yaml:1: base_url: must be an address that starts with https://"));
    CHECK(complaint("base_url: https://a.example\n") == "test.yaml:1: requests is missing");
    CHECK(complaint("base_url: https://a.example\nrequests:\n- gives: quote\n  path: /q\n") ==
          "test.yaml:3: requests[0]: rows is missing");
    CHECK(complaint("headers: {X: \"{key}\"}\n" + minimal) ==
          "test.yaml:1: {key} is used, but no key is declared");
}

TEST_CASE("rules about outcomes must have a condition and a meaning") {
    auto const rule = [](std::string const& text) {
        return complaint("outcomes:\n- {" + text + "}\n" + minimal);
    };
    CHECK(rule("is: empty") ==
          "test.yaml:2: outcomes[0]: needs a condition: status, at, has or equals");
    CHECK(rule("status: 404") ==
          "test.yaml:2: outcomes[0]: needs an is: what such an answer means");
    CHECK(rule("status: 404, is: fine") ==
          "test.yaml:2: outcomes[0].is: must be one of empty, rate_limited, unknown_symbol, "
          "out_of_range, denied, refused, transient, malformed, not 'fine'");
    CHECK(rule("status: 404, is: empty, wait: 5m") ==
          "test.yaml:2: outcomes[0].wait: only rate_limited has a wait");
    CHECK(rule("equals: \"\", is: empty") == "");
    CHECK(rule("status: [429, 418], is: rate_limited, wait: 5m") == "");
}

TEST_CASE("the main config's word on a provider overrules its file") {
    auto provider = declared("coinbase");
    auto const overrides = load_overrides(
        yaml::Node::parse(
            "base_url: https://127.0.0.1:8443/\nca_file: ca.pem\nlimits: {per_minute: 6000}\n"
            "headers: {User-Agent: me}\nkey: secret\n",
            "/etc/portfoliod/portfoliod.yaml"),
        [](yaml::Node const& node) { return node.text(); });
    apply(overrides, provider);
    CHECK(provider.base_url == "https://127.0.0.1:8443");
    CHECK(provider.ca_file == "/etc/portfoliod/ca.pem");
    CHECK(provider.limits.per_minute == 6000);
    CHECK(!provider.limits.per_second);
    CHECK(provider.limits.concurrency == 3);
    REQUIRE(provider.headers.size() == 1);
    CHECK(provider.headers.front().second.expand({}) == "me");
    CHECK(provider.key_value == "secret");

    auto untouched = declared("coinbase");
    apply({}, untouched);
    CHECK(untouched.limits.per_second == 5);
}

} // namespace portfoliod::market
