#include "market/rates.hpp"
#include "unit/market/recorded.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace portfoliod::market {

namespace {

std::string const tsla = "yahoo/chart_tsla_1d_full_history_2010_2023.json";

PriceRow const* row_of(PriceAnswer const& answer, char const* date) {
    for (auto const& row : answer.rows)
        if (row.date == day(date)) return &row;
    return nullptr;
}

} // namespace

TEST_CASE("thirteen years of daily bars in one answer are clipped to the days asked for") {
    if (absent()) return;
    auto const yahoo = declared("yahoo");
    auto const reply = recorded(tsla);
    auto const later_years =
        history(yahoo, stock("TSLA"), range("2022-01-10", "2026-11-22"), reply);
    CHECK(later_years.outcome.kind == OutcomeKind::ok);
    CHECK(later_years.outcome.message == "");
    REQUIRE(later_years.rows.size() == 399);
    CHECK(later_years.rows.front().date == day("2022-01-10"));
    CHECK(later_years.rows.back().date == day("2023-08-11"));
    auto const before = history(yahoo, stock("TSLA"), range("2021-09-01", "2022-01-09"), reply);
    CHECK(before.rows.size() == 90);
    CHECK(before.splits.empty());
    auto const first = history(yahoo, stock("TSLA"), range("2010-06-29", "2010-06-29"), reply);
    REQUIRE(first.rows.size() == 1);
    CHECK(first.rows.front().close == "1.592667");
    CHECK(first.rows.front().open == "1.266667");
    CHECK(first.rows.front().volume == 281494500);
}

TEST_CASE("every trading day of a full history is read") {
    if (absent()) return;
    auto const answer = history(declared("yahoo"), stock("TSLA"), range("2010-01-01", "2026-11-22"),
                                recorded(tsla));
    CHECK(answer.rows.size() == 3303);
}

TEST_CASE("a split and a dividend are read with their own dates") {
    if (absent()) return;
    auto const answer = history(declared("yahoo"), stock("AAPL"), range("2020-08-01", "2020-11-30"),
                                recorded("yahoo/chart_aapl_1d_2020_split_dividend.json"));
    REQUIRE(answer.splits.size() == 1);
    CHECK(answer.splits.front().ex_date == day("2020-08-31"));
    CHECK(answer.splits.front().numerator == "4");
    CHECK(answer.splits.front().denominator == "1");
    REQUIRE(answer.dividends.size() == 1);
    CHECK(answer.dividends.front().ex_date == day("2020-11-06"));
    CHECK(answer.dividends.front().amount == "0.205");
    REQUIRE(row_of(answer, "2020-08-31"));
    CHECK(row_of(answer, "2020-08-31")->close == "129.04");
}

TEST_CASE("pence become pounds") {
    if (absent()) return;
    auto const asset = stock("OCDO", "LSE", "GBP");
    auto const reply = recorded("yahoo/chart_ocdo_l_gbp_pence.json");
    auto const answer = history(declared("yahoo"), asset, range("2020-01-01", "2020-01-03"), reply);
    REQUIRE(answer.rows.size() == 1);
    CHECK(answer.rows.front().date == day("2020-01-02"));
    CHECK(answer.rows.front().close == "12.595");
    CHECK(answer.rows.front().high == "12.8657");
    CHECK(answer.rows.front().volume == 728520);
    auto const now = quote(declared("yahoo"), asset, reply);
    REQUIRE(now.rows.size() == 1);
    CHECK(now.rows.front().close == "3.053");
    CHECK(now.rows.front().date == day("2025-02-20"));
}

TEST_CASE("an asset in another currency than the answer's is refused for good") {
    if (absent()) return;
    auto const answer = history(declared("yahoo"), stock("TSLA", "XETRA", "EUR"),
                                range("2022-01-10", "2022-02-10"), recorded(tsla));
    CHECK(answer.outcome.kind == OutcomeKind::refused);
    CHECK(answer.outcome.message == "currency mismatch: yahoo says USD, the asset is in EUR");
    CHECK(answer.rows.empty());
}

TEST_CASE("the last bar is left out until its day is over") {
    if (absent()) return;
    // Its last stamp is the live quote's, 2025-10-29 16:00:01 in New York.
    auto const reply = recorded("yahoo/chart_aapl_2025_rs.json");
    auto const days = range("2025-10-01", "2025-10-31");
    auto const during = history(declared("yahoo"), stock("AAPL"), days, reply,
                                parse_instant("2025-10-29 23:59:00").value());
    REQUIRE(!during.rows.empty());
    CHECK(during.rows.back().date == day("2025-10-28"));
    auto const after = history(declared("yahoo"), stock("AAPL"), days, reply,
                               parse_instant("2025-10-30 00:01:00").value());
    CHECK(after.rows.back().date == day("2025-10-29"));
}

TEST_CASE("a delisted symbol answers an empty history and no quote") {
    if (absent()) return;
    auto const reply = recorded("yahoo/chart_capio_st_no_data.json");
    auto const asset = stock("CAPIO", "STO", "SEK");
    CHECK(
        history(declared("yahoo"), asset, range("2020-01-01", "2020-02-01"), reply).outcome.kind ==
        OutcomeKind::empty);
    CHECK(quote(declared("yahoo"), asset, reply).outcome.kind == OutcomeKind::empty);
}

TEST_CASE("bars of a minute or a month are not taken for days") {
    if (absent()) return;
    for (auto const* const name :
         {"yahoo/chart_aapl_1mo_split_5y.json", "yahoo/chart_aapl_1m_weekend_no_timestamp.json"}) {
        auto const answer = history(declared("yahoo"), stock("AAPL"),
                                    range("2000-01-01", "2026-01-01"), recorded(name));
        CHECK(answer.outcome.kind == OutcomeKind::malformed);
    }
    auto const minutes =
        history(declared("coinbase"), coin("BTC"), range("2018-01-01", "2018-03-01"),
                recorded("coinbase/candles_btc_usd.json"));
    CHECK(minutes.outcome.kind == OutcomeKind::malformed);
    CHECK(minutes.rows.empty());
}

TEST_CASE("errors of the providers mean what their files say") {
    if (absent()) return;
    auto const yahoo = declared("yahoo");
    auto const days = range("2020-01-01", "2020-01-03");
    auto const outcome = [&](char const* name, int status) {
        return history(yahoo, stock("AAPL"), days, recorded(name, status)).outcome;
    };
    CHECK(outcome("quoted_errors/yahoo_chart_400_no_data_in_range.json", 400).kind ==
          OutcomeKind::empty);
    CHECK(outcome("quoted_errors/yahoo_401_invalid_crumb.json", 401).kind == OutcomeKind::denied);
    CHECK(outcome("quoted_errors/yahoo_429_edge.txt", 429).kind == OutcomeKind::rate_limited);
    CHECK(outcome("quoted_errors/yahoo_429_edge.txt", 429).wait == std::chrono::minutes{15});
    CHECK(outcome("yahoo/consent_page_html_instead_of_json.html", 200).kind ==
          OutcomeKind::malformed);
    auto const coinbase = declared("coinbase");
    auto const limited =
        history(coinbase, coin("BTC"), days, recorded("quoted_errors/coinbase_429.json", 429));
    CHECK(limited.outcome.kind == OutcomeKind::rate_limited);
    CHECK(limited.outcome.message ==
          "coinbase answered 429: {\"message\":\"Public rate limit exceeded\"}");
    CHECK(history(coinbase, coin("BTC"), days,
                  recorded("quoted_errors/coinbase_400_over_300.json", 400))
              .outcome.kind == OutcomeKind::refused);
}

TEST_CASE("daily candles arrive newest first and low before high") {
    if (absent()) return;
    auto const answer =
        history(declared("coinbase"), coin("BTC", "EUR"), range("2021-01-01", "2021-01-07"),
                recorded("coinbase/pricehist_recent.json"));
    REQUIRE(answer.rows.size() == 7);
    auto const& first = answer.rows.front();
    CHECK(first.date == day("2021-01-01"));
    auto const& last = answer.rows.back();
    CHECK(last.close == "32120.19");
    CHECK(last.open == "29818.73");
    CHECK(last.high == "32900");
    CHECK(last.low == "29516.98");
    CHECK(last.volume == 5957);
}

TEST_CASE("a ticker is dated by its own stamp") {
    if (absent()) return;
    auto const answer = quote(declared("coinbase"), coin("BTC"), recorded("coinbase/ticker.json"));
    REQUIRE(answer.rows.size() == 1);
    CHECK(answer.rows.front().date == day("2015-04-08"));
    CHECK(answer.rows.front().close == "246.28000000");
    CHECK(answer.rows.front().volume == 4661);
}

TEST_CASE("rates per bitcoin cross to dollars, never one to one") {
    if (absent()) return;
    auto const provider = declared("coinbase_rates");
    auto const plan = plan_rates_latest(provider, {"EUR", "JPY", "USD", "XXX"});
    REQUIRE(plan.questions.size() == 1);
    auto const answer = read_rates(provider, plan.questions.front(),
                                   recorded("coinbase/exchange_rates.json"), later);
    CHECK(answer.outcome.kind == OutcomeKind::ok);
    auto const rows = cross_to_usd(answer.rates, {"BMD", "AED", "XXX"});
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].rate_to_usd == "1");
    CHECK(rows[1].rate_to_usd.starts_with("0.27226482250707"));
    CHECK(rows[1].timestamp == later);
}

TEST_CASE("the ECB's rates cross to dollars with the dollar of the same day") {
    if (absent()) return;
    auto const provider = declared("ecb");
    auto const days = range("2025-01-02", "2026-03-18");
    auto const plan = plan_rates_history(provider, {"AUD", "EUR", "KRW"}, days, later_day());
    REQUIRE(plan.questions.size() == 1);
    // The recorded answer holds no dollar: without that leg nothing crosses.
    auto reply = recorded("ecb/edp_exr_csvdata_2025_2026.csv");
    CHECK(cross_to_usd(read_rates(provider, plan.questions.front(), reply, later).rates, {"AUD"})
              .empty());
    reply.body += "D,USD,2025-01-02,1.0321\nD,USD,2025-01-03,1.0299\n";
    auto const answer = read_rates(provider, plan.questions.front(), reply, later);
    auto const rows = cross_to_usd(answer.rates, {"AUD", "EUR", "KRW"});
    CHECK(answer.outcome.kind == OutcomeKind::ok);
    REQUIRE(rows.size() == 6);
    std::map<std::string, std::string> first;
    for (auto const& row : rows)
        if (row.timestamp == Instant{day("2025-01-02")}) first[row.currency] = row.rate_to_usd;
    CHECK(first["EUR"] == "1.0321");
    CHECK(first["AUD"] == "0.6210735347213864"); // 1.0321 / 1.6618
}

} // namespace portfoliod::market
