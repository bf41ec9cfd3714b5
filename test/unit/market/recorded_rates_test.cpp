#include "market/rates.hpp"
#include "unit/market/recorded.hpp"

#include <doctest/doctest.h>

#include <string>

/// Exchange rates in recorded and documented answers.
namespace portfoliod::market {

namespace {

auto const any_days = range("1999-01-01", "2026-11-22");

QuotedRate const* pair_of(QuotedRates const& answer, char const* base, char const* quote) {
    for (auto const& rate : answer.rates)
        if (rate.base == base && rate.quote == quote) return &rate;
    return nullptr;
}

} // namespace

TEST_CASE("FRED: dollars per unit and units per dollar are not mixed up") {
    if (absent()) return;
    auto const fred = declared("fred");
    auto const euro = rates(fred, Gives::rates_history, "EUR", any_days,
                            recorded("fred/observations_DEXUSEU.json"));
    REQUIRE(euro.rates.size() == 10);
    CHECK(euro.rates.front().timestamp == Instant{day("2026-03-02")});
    CHECK(cross_to_usd(euro.rates, {"EUR"}).front().rate_to_usd == "1.169");
    auto const pound = rates(fred, Gives::rates_history, "GBP", any_days,
                             recorded("fred/observations_DEXUSUK.json"));
    CHECK(pound.rates.size() == 10);
    auto const yen = rates(fred, Gives::rates_history, "JPY", any_days,
                           recorded("fred/observations_DEXJPUS.json"));
    REQUIRE(yen.rates.size() == 10);
    CHECK(yen.rates.front().rate == "157.48");
    CHECK(cross_to_usd(yen.rates, {"JPY"}).front().rate_to_usd == "0.0063500127000254");
    auto const real = rates(fred, Gives::rates_history, "BRL", any_days,
                            recorded("fred/observations_DEXBZUS.json"));
    CHECK(real.rates.size() == 10);
    auto const yields = recorded("fred/fredgraph_DGS10_2000_2026_empty_missing.csv");
    CHECK(rates(fred, Gives::rates_history, "EUR", any_days, yields).outcome.kind ==
          OutcomeKind::malformed);
}

TEST_CASE("Frankfurter: the documented rates cross through the euro") {
    if (absent()) return;
    auto const provider = declared("frankfurter");
    auto const answer =
        rates(provider, Gives::rates_history, "GBP", range("2024-01-01", "2024-01-31"),
              recorded("frankfurter/doc_v2_rates.json"));
    CHECK(answer.outcome.kind == OutcomeKind::ok);
    auto const rows = cross_to_usd(answer.rates, {"GBP", "EUR"});
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].rate_to_usd.starts_with("1.26290154")); // 1.089 / 0.8623
    CHECK(rows[1].rate_to_usd == "1.089");
    CHECK(rows[0].timestamp == Instant{day("2024-01-15")});
    CHECK(rates(provider, Gives::rates_latest, "USD", any_days,
                recorded("frankfurter/doc_v2_rate.json"))
              .outcome.kind == OutcomeKind::malformed);
}

TEST_CASE("openexchangerates: every currency per dollar at the answer's own time") {
    if (absent()) return;
    auto const provider = declared("openexchangerates");
    auto const read = [&](char const* name, int status = 200) {
        return rates(provider, Gives::rates_latest, "EUR", any_days, recorded(name, status));
    };
    auto const answer = read("openexchangerates/success.json");
    CHECK(answer.rates.size() == 166);
    REQUIRE(pair_of(answer, "USD", "EUR"));
    CHECK(pair_of(answer, "USD", "EUR")->rate == "0.726804");
    CHECK(pair_of(answer, "USD", "BTC")->rate == "0.0022286109");
    CHECK(pair_of(answer, "USD", "EUR")->timestamp == parse_instant("2014-05-10 19:00:50").value());
    CHECK(read("openexchangerates/historical_success.json").rates.size() == 136);
    CHECK(pair_of(read("openexchangerates/spk_2015-01-01.json"), "USD", "VND")->rate == "21401");
    CHECK(read("openexchangerates/error.json", 403).outcome.kind == OutcomeKind::denied);
    CHECK(read("openexchangerates/spk_app_id_inactive.json", 401).outcome.kind ==
          OutcomeKind::denied);
    CHECK(read("openexchangerates/historical_error.json", 400).outcome.kind == OutcomeKind::empty);
    CHECK(read("openexchangerates/error.json").outcome.kind == OutcomeKind::denied);
}

TEST_CASE("Alpha Vantage: the pair is the answer's own, whatever was asked for") {
    if (absent()) return;
    auto const provider = declared("alphavantage");
    auto const now = parse_instant("2021-01-12 12:00:00").value();
    auto const daily =
        rates(provider, Gives::rates_history, "EUR", range("2020-12-01", "2021-01-11"),
              recorded("alphavantage/fx_daily_eur_aud_partial.json"), now);
    REQUIRE(daily.rates.size() == 8);
    CHECK(daily.rates.back().rate == "1.57823");
    CHECK(pair_of(daily, "EUR", "AUD"));
    CHECK(cross_to_usd(daily.rates, {"EUR"}).empty()); // no dollar in it
    auto const latest = rates(provider, Gives::rates_latest, "EUR", any_days,
                              recorded("alphavantage/fx_realtime_btc_cny.json"));
    REQUIRE(latest.rates.size() == 1);
    CHECK(latest.rates.front().base == "BTC");
    CHECK(latest.rates.front().timestamp == parse_instant("2017-12-20 19:23:21").value());
}

TEST_CASE("Yahoo: a pair's bars stand at midnight in London and are 32-bit floats") {
    if (absent()) return;
    auto const answer =
        rates(declared("yahoo"), Gives::rates_history, "EUR", range("2020-01-01", "2020-01-03"),
              recorded("yahoo/chart_eurusd_fx.json"));
    REQUIRE(answer.rates.size() == 3);
    CHECK(answer.rates[0].rate == "1.1220826");
    CHECK(answer.rates[2].timestamp == Instant{day("2020-01-03")});
    auto const share = recorded("yahoo/chart_aapl_1d_small.json");
    CHECK(rates(declared("yahoo"), Gives::rates_history, "EUR", any_days, share).outcome.kind ==
          OutcomeKind::malformed);
}

TEST_CASE("ECB: its other formats are malformed, the recent table is read to its last line") {
    if (absent()) return;
    auto const ecb = declared("ecb");
    auto const read = [&](std::string const& name) {
        return rates(ecb, Gives::rates_history, "AUD", any_days, recorded("ecb/" + name));
    };
    auto const recent = read("edp_exr_csvdata_recent.csv");
    CHECK(recent.outcome.kind == OutcomeKind::ok);
    CHECK(recent.rates.size() == 638);
    CHECK(pair_of(recent, "EUR", "AUD")->rate == "1.6776");
    for (auto const* const name :
         {"eurofxref-daily.xml", "eurofxref-hist-90d.xml", "eurofxref-hist-empty.xml",
          "eurofxref-hist-partial.xml", "eurofxref-hist.zip", "eurofxref.csv"}) {
        CAPTURE(name);
        CHECK(read(name).outcome.kind == OutcomeKind::malformed);
    }
    auto cut = recorded("ecb/edp_exr_csvdata_recent.csv");
    cut.body.resize(cut.body.size() - 3); // inside the last figure
    CHECK(rates(ecb, Gives::rates_history, "AUD", any_days, cut).outcome.kind ==
          OutcomeKind::malformed);
}

} // namespace portfoliod::market
