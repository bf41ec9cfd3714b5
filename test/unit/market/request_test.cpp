#include "market/windows.hpp"
#include "unit/market/providers.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace portfoliod::market {

namespace {

std::string const keyed = R"(base_url: https://api.example.com
key: SECRET_NAME
headers: {X-Token: "{key}"}
requests:
- gives: history
  path: /h/{symbol}
  query: {token: "{key}", from: "{from:%Y%m%d}", ms: "{until:ms}", n: "{native|lower}"}
  oldest: 364
  rows: /*
  fields: {date: d, close: c}
)";

std::string target(Declaration const& provider, Asset const& asset, DayRange days) {
    auto const plan = plan_history(provider, asset, days, later_day());
    REQUIRE(plan.questions.size() == 1);
    return plan.questions.front().target;
}

bool has_header(Question const& question, std::string const& name) {
    return std::any_of(question.headers.begin(), question.headers.end(),
                       [&](auto const& header) { return header.first == name; });
}

} // namespace

TEST_CASE("a history of Yahoo's is asked for with a day more on both sides") {
    CHECK(target(declared("yahoo"), stock("AAPL"), range("2024-01-02", "2024-01-31")) ==
          "/v8/finance/chart/AAPL?interval=1d&period1=1704067200&period2=1706832000&"
          "events=div%7Csplit&includePrePost=false");
}

TEST_CASE("symbols are spelt the provider's way, by asset type and exchange") {
    auto const yahoo = declared("yahoo");
    auto const path = [&](Asset const& asset) {
        auto const plan = plan_quotes(yahoo, {asset});
        REQUIRE(plan.batches.size() == 1);
        auto const& text = plan.batches.front().question.target;
        return text.substr(17, text.find('?') - 17);
    };
    CHECK(path(stock("/SAP", "XETRA", "EUR")) == "/%2FSAP.DE");
    CHECK(path(stock("BRK.B", "NYSE")) == "/BRK-B");
    CHECK(path(stock("X", "an exchange the file does not list")) == "/X");
    CHECK(path(stock("GOLD", "NYSE")) == "/GOLD");
    CHECK(path({3, "GOLD", "commodity", "", "USD"}) == "/GC=F");
    CHECK(path(coin("BTC", "EUR")) == "/BTC-EUR");
}

TEST_CASE("long histories are cut into windows that meet without gap or overlap") {
    auto const provider = declared("coinbase");
    auto const asked = range("2024-01-01", "2025-12-31");
    auto const plan = plan_history(provider, coin("BTC"), asked, later_day());
    REQUIRE(plan.questions.size() == 3);
    CHECK(plan.questions.front().target ==
          "/products/BTC-USD/candles?granularity=86400&start=2024-01-01T00%3A00%3A00Z&"
          "end=2024-10-26T00%3A00%3A00Z");
    auto next = asked.first;
    for (auto const& question : plan.questions) {
        CHECK(question.days->first == next);
        CHECK(question.days->days() <= 300);
        next = question.days->last + std::chrono::days{1};
    }
    CHECK(next == asked.last + std::chrono::days{1});
}

TEST_CASE("padding counts against the window, and a year may be one") {
    auto const asked = range("2023-12-30", "2024-01-02");
    CHECK(windows(asked, Window{4}, 1) ==
          std::vector{range("2023-12-30", "2023-12-31"), range("2024-01-01", "2024-01-02")});
    CHECK(windows(asked, Window{CalendarYear{}}, 0) ==
          std::vector{range("2023-12-30", "2023-12-31"), range("2024-01-01", "2024-01-02")});
    CHECK(windows(asked, Window{WholeRange{}}, 3) == std::vector{asked});
}

TEST_CASE("an asset type the provider does not serve is not asked for") {
    auto const plan = plan_quotes(declared("coinbase"), {stock("AAPL")});
    REQUIRE(plan.refusals.size() == 1);
    CHECK(plan.refusals.front().second.kind == OutcomeKind::unknown_symbol);
    CHECK(plan.batches.empty());
}

TEST_CASE("a key goes where the file says, and without one nothing is asked") {
    auto provider = declared_as(keyed);
    auto const days = range("2026-11-01", "2026-11-02");
    auto const refused = plan_history(provider, stock("A"), days, later_day());
    REQUIRE(refused.refusal);
    CHECK(refused.refusal->kind == OutcomeKind::denied);
    CHECK(refused.refusal->message ==
          "test needs a key: set SECRET_NAME in the environment, as a systemd credential, or as "
          "providers.test.key");
    apply({{}, {}, {}, {}, {}, "k y"}, provider);
    auto const plan = plan_history(provider, stock("A"), days, later_day());
    REQUIRE(plan.questions.size() == 1);
    CHECK(plan.questions.front().target == "/h/A?token=k%20y&from=20261101&ms=1793664000000&n=usd");
    CHECK(plan.questions.front().headers == Headers{{"X-Token", "k y"}});
}

TEST_CASE("without an optional key its parameter and header are left out") {
    auto yaml = keyed;
    yaml.replace(yaml.find("SECRET_NAME"), 11, "SECRET_NAME?");
    auto const plan =
        plan_history(declared_as(yaml), stock("A"), range("2026-11-01", "2026-11-02"), later_day());
    REQUIRE(plan.questions.size() == 1);
    CHECK(plan.questions.front().target.starts_with("/h/A?from="));
    CHECK(!has_header(plan.questions.front(), "X-Token"));
}

TEST_CASE("a provider is asked only for the days it reaches back to, and says so") {
    auto provider = declared_as(keyed);
    apply({{}, {}, {}, {}, {}, "k"}, provider);
    auto const partly =
        plan_history(provider, stock("A"), range("2020-01-01", "2026-11-22"), later_day());
    REQUIRE(partly.served);
    CHECK(*partly.served == range("2025-11-24", "2026-11-22"));
    auto const never =
        plan_history(provider, stock("A"), range("2020-01-01", "2021-01-01"), later_day());
    REQUIRE(never.refusal);
    CHECK(never.refusal->kind == OutcomeKind::out_of_range);
}

TEST_CASE("prices as they were traded are asked for only as far back as all splits are known") {
    auto const raw = [](std::string const& more = "") {
        return declared_as("base_url: https://a.example\nrequests:\n- gives: history\n  path: /h\n"
                           "  rows: /*\n  fields: {date: d, close: c}\n  adjusted: none\n" +
                           more);
    };
    auto asset = stock("A");
    auto const recent = range("2026-11-01", "2026-11-22");
    asset.splits_known_since = {};
    auto const unknown = plan_history(raw(), asset, recent, later_day());
    REQUIRE(unknown.refusal);
    CHECK(unknown.refusal->kind == OutcomeKind::out_of_range);
    CHECK(unknown.refusal->message ==
          "test gives prices as they were traded, and which splits A has "
          "had since is not known");

    asset.splits_known_since = day("2026-11-10");
    auto const partly = plan_history(raw(), asset, recent, later_day());
    REQUIRE(partly.served);
    CHECK(*partly.served == range("2026-11-10", "2026-11-22"));
    asset.splits_known_since = day("2026-11-01");
    CHECK(!plan_history(raw(), asset, recent, later_day()).served);

    // What never splits needs no such knowledge.
    auto crypto = coin("A");
    CHECK(!plan_history(raw(), crypto, range("2020-01-01", "2020-12-31"), later_day()).refusal);

    // An answer that brings the splits itself will do, if it reaches up to now.
    asset.splits_known_since = {};
    auto const telling = raw("  events: {splits: {rows: /s/*, date: d, ratio: [n]}}\n");
    CHECK(!plan_history(telling, asset, range("2020-01-01", "2026-11-22"), later_day()).refusal);
    CHECK(plan_history(telling, asset, range("2020-01-01", "2025-11-22"), later_day()).refusal);
}

TEST_CASE("currencies are asked for together, with the dollar to cross them") {
    auto const ecb = declared("ecb");
    auto const plan = plan_rates_history(ecb, {"JPY", "EUR", "GBP"},
                                         range("2024-01-02", "2024-02-01"), later_day());
    REQUIRE(plan.questions.size() == 1);
    CHECK(plan.questions.front().target ==
          "/service/data/EXR/D.JPY+USD+GBP.EUR.SP00.A?format=csvdata&detail=dataonly&"
          "startPeriod=2024-01-02&endPeriod=2024-02-01");
    auto const unserved = plan_rates_latest(ecb, {"VND"});
    REQUIRE(unserved.refusal);
    CHECK(unserved.refusal->kind == OutcomeKind::unknown_symbol);
    auto const all = plan_rates_latest(declared("coinbase_rates"), {"VND", "EUR"});
    REQUIRE(all.questions.size() == 1);
    CHECK(all.questions.front().target == "/v2/exchange-rates?currency=BTC");
}

TEST_CASE("a batch holds no more names than the file allows") {
    auto const provider = declared_as(R"(base_url: https://a.example
requests:
- gives: rates_latest
  path: /r
  query: {of: "{symbol}"}
  batch: {max: 3, join: ",", always: [USD]}
  rows: /*
  fields: {date: d, base: b, quote: q, rate: r}
)");
    auto const plan = plan_rates_latest(provider, {"EUR", "JPY", "GBP"});
    REQUIRE(plan.questions.size() == 2);
    CHECK(plan.questions.front().target == "/r?of=EUR%2CJPY%2CUSD");
    CHECK(plan.questions.back().target == "/r?of=GBP%2CUSD");
}

TEST_CASE("a template that cannot mean anything is refused with a reason") {
    CHECK_THROWS_WITH(Template{"{symbol"}, "'{symbol' is not closed with a '}'");
    CHECK_THROWS_WITH(Template{"{from}"},
                      "'{from}': a day needs :s, :ms or a format such as :%Y-%m-%d");
    CHECK_THROWS_WITH(Template{"{symbol|title}"},
                      "'{symbol|title}': a word takes |lower or |upper");
}

} // namespace portfoliod::market
