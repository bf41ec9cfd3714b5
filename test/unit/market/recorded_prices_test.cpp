#include "unit/market/providers.hpp"
#include "unit/market/recorded.hpp"

#include <doctest/doctest.h>

#include <string>

/// Prices in recorded and documented answers: what each provider's file makes of its own.
namespace portfoliod::market {

namespace {

Asset future(std::string symbol) { return {3, std::move(symbol), "commodity", "", "USD"}; }

} // namespace

TEST_CASE("Yahoo: each kind of listing is read in its own money and under its own date") {
    if (absent()) return;
    auto const yahoo = declared("yahoo");
    auto const days = range("2020-01-01", "2020-01-03");
    auto const read = [&](Asset const& asset, char const* name) {
        auto answer = history(yahoo, asset, days, recorded(std::string{"yahoo/"} + name));
        CAPTURE(name);
        REQUIRE(answer.outcome.kind == OutcomeKind::ok);
        return answer;
    };
    auto const jakarta = read(stock("WSKT", "IDX", "IDR"), "chart_wskt_jk_idr.json");
    CHECK(jakarta.rows.front().close == "1505");
    CHECK(jakarta.rows.front().date == day("2020-01-02"));
    CHECK(jakarta.rows.front().volume == 23547100);
    auto const coins = read(coin("BTC"), "chart_btc_usd_crypto.json");
    REQUIRE(coins.rows.size() == 3);
    CHECK(coins.rows[0].close == "7200.1743");
    CHECK(coins.rows[2].volume == 28111481032); // beyond 32 bits
    auto const gold = read(future("GOLD"), "chart_gc_f_gold_future.json");
    CHECK(gold.rows.front().close == "1524.5");
    CHECK(gold.rows.front().date == day("2020-01-02")); // 05:00 UTC is midnight in New York
    CHECK(read(stock("QQQ"), "chart_qqq_etf.json").rows.front().close == "216.16");
    auto const fund =
        read(stock("0P000071W8", "TSX", "CAD"), "chart_mutualfund_0P000071W8_TO.json");
    CHECK(fund.rows.front().close == "73.72");
    CHECK(fund.rows.front().volume == 0);
}

TEST_CASE("Yahoo: a fund's quote is eight weeks older than its bars, and says so by its date") {
    if (absent()) return;
    auto const reply = recorded("yahoo/chart_fund_0P0000XTS7_stale_meta.json");
    auto const fund = stock("0P0000XTS7", "");
    auto const bars = history(declared("yahoo"), fund, range("2024-09-12", "2024-09-16"), reply);
    REQUIRE(bars.rows.size() == 2);
    CHECK(bars.rows.back().date == day("2024-09-13"));
    CHECK(bars.rows.back().close == "11892.19");
    auto const latest = quote(declared("yahoo"), fund, reply);
    REQUIRE(latest.rows.size() == 1);
    CHECK(latest.rows.front().date == day("2024-07-19"));
    CHECK(latest.rows.front().close == "11796.7");
}

TEST_CASE("Yahoo: thin listings, and prices long since adjusted for splits") {
    if (absent()) return;
    auto const yahoo = declared("yahoo");
    auto const thin =
        history(yahoo, stock("WSU", "XETRA", "EUR"), range("2023-08-04", "2023-08-09"),
                recorded("yahoo/chart_wsu_de_thin_xetra.json"));
    REQUIRE(thin.rows.size() == 3);
    CHECK(thin.rows[0].close == "34.45");
    CHECK(thin.rows[2].volume == 10846);
    auto const tesla = history(yahoo, stock("TSLA"), range("2021-01-04", "2021-01-08"),
                               recorded("yahoo/chart_tsla_recent.json"));
    REQUIRE(tesla.rows.size() >= 4);
    CHECK(tesla.rows[0].close == "243.25667");
    CHECK(!tesla.unadjusted);
    auto const small = history(yahoo, stock("AAPL"), range("2024-09-30", "2024-10-03"),
                               recorded("yahoo/chart_aapl_1d_small.json"));
    REQUIRE(small.rows.size() == 4);
    CHECK(small.rows[1].close == "226.21");
    auto const microsoft = history(yahoo, stock("MSFT"), range("2021-02-01", "2022-01-31"),
                                   recorded("yahoo/chart_msft_1d_1y_dividends.json"));
    CHECK(microsoft.dividends.size() == 4);
    CHECK(microsoft.splits.empty());
}

TEST_CASE("Yahoo: whatever is no chart is malformed or unknown, never a price") {
    if (absent()) return;
    auto const yahoo = declared("yahoo");
    for (auto const* const name : {"quote_v7_aapl_baba.json",
                                   "quote_v7_adh_quotetype_none.json",
                                   "quote_v7_btc_usd.json",
                                   "quote_v7_delisted_empty_result.json",
                                   "quote_v7_empty_result.json",
                                   "quote_v7_eurusd.json",
                                   "quote_v7_eurusd_2.json",
                                   "quote_v7_gc_f.json",
                                   "quote_v7_mutualfund.json",
                                   "quote_v7_ocdo_l_gbp_pence.json",
                                   "search_v1_2.json",
                                   "search_v1_aapl.json",
                                   "search_v1_eur.json",
                                   "getcrumb_plain_text.txt",
                                   "consent_page_html_instead_of_json.html",
                                   "chart_aapl_1mo_dividends_5y.json",
                                   "bad_data_csv/AET-L-1d-100x-error.csv",
                                   "bad_data_csv/ALPHA-PA-1d-bad-stock-split.csv",
                                   "bad_data_csv/CNE-L-1d-bad-stock-split.csv",
                                   "bad_data_csv/SSW-JO-1d-100x-error.csv"}) {
        CAPTURE(name);
        auto const reply = recorded(std::string{"yahoo/"} + name);
        REQUIRE(!reply.body.empty());
        auto const answer = history(yahoo, stock("AAPL"), range("2000-01-01", "2026-01-01"), reply);
        CHECK(answer.outcome.kind == OutcomeKind::malformed);
        CHECK(answer.rows.empty());
    }
    auto const gone = recorded("yahoo/quotesummary_404_not_found.json", 404);
    CHECK(quote(yahoo, stock("ADH"), gone).outcome.kind == OutcomeKind::unknown_symbol);
}

TEST_CASE("Coinbase: two windows of a history, and lists that hold no candle") {
    if (absent()) return;
    auto const coinbase = declared("coinbase");
    auto const first = history(coinbase, coin("BTC", "EUR"), range("2020-01-01", "2020-10-16"),
                               recorded("coinbase/pricehist_2020-01-01--2020-10-16.json"));
    REQUIRE(first.rows.size() == 2);
    CHECK(first.rows[0].close == "6410.22");
    CHECK(first.rows[1].date == day("2020-10-16"));
    auto const second = history(coinbase, coin("BTC", "EUR"), range("2020-10-17", "2021-01-07"),
                                recorded("coinbase/pricehist_2020-10-17--2021-01-07.json"));
    CHECK(second.rows.size() == 2);
    for (auto const* const name : {"products.json", "pricehist_products-partial.json",
                                   "pricehist_currencies-partial.json", "exchange_rates.json"}) {
        CAPTURE(name);
        auto const reply = recorded(std::string{"coinbase/"} + name);
        auto const days = range("2020-01-01", "2021-01-07");
        CHECK(history(coinbase, coin("BTC"), days, reply).outcome.kind == OutcomeKind::malformed);
        CHECK(quote(coinbase, coin("BTC"), reply).outcome.kind == OutcomeKind::malformed);
    }
}

TEST_CASE(
    "Kraken: a ticker under the pair's other name, candles of a minute, errors with HTTP 200") {
    if (absent()) return;
    auto const kraken = declared("kraken");
    auto const ticker = quote(kraken, coin("BTC", "EUR"), recorded("kraken/ticker.json"));
    REQUIRE(ticker.rows.size() == 1);
    CHECK(ticker.rows.front().close == "560.87711");
    CHECK(ticker.rows.front().open == "568.98910");
    CHECK(ticker.rows.front().high == "570.00000");
    CHECK(ticker.rows.front().volume == 84);
    CHECK(ticker.rows.front().date == later_day());
    CHECK(quote(kraken, coin("ETH", "EUR"), recorded("kraken/ticker.json")).rows.empty());
    auto const days = range("2026-01-01", "2026-11-22");
    auto const minutes = history(kraken, coin("BTC"), range("2023-07-01", "2023-07-10"),
                                 documented("kraken/doc_ohlc_kraken_net.txt"),
                                 parse_instant("2023-08-01 00:00:00").value());
    CHECK(minutes.outcome.kind == OutcomeKind::malformed);
    CHECK(minutes.outcome.message == "kraken: several bars a day, not daily bars");
    auto const limited = history(kraken, coin("BTC"), days,
                                 recorded("quoted_errors/kraken_200_too_many_requests.json"));
    CHECK(limited.outcome.kind == OutcomeKind::rate_limited);
    CHECK(limited.outcome.wait == std::chrono::seconds{60});
    for (auto const* const name : {"kraken/assets.json", "kraken/assetpairs.json"}) {
        CAPTURE(name);
        CHECK(history(kraken, coin("BTC"), days, recorded(name)).outcome.kind ==
              OutcomeKind::malformed);
        CHECK(quote(kraken, coin("BTC"), recorded(name)).rows.empty());
    }
}

TEST_CASE("Binance: the tether it quotes in is named, and five minutes are no day") {
    if (absent()) return;
    auto const binance = declared("binance");
    auto const candle = history(binance, coin("BTC"), range("2017-07-01", "2017-07-10"),
                                documented("binance/doc_klines_binance_net.txt"));
    REQUIRE(candle.rows.size() == 1);
    CHECK(candle.rows.front().close == "0.01577100");
    CHECK(candle.rows.front().date == day("2017-07-03"));
    CHECK(candle.rows.front().volume == 148976);
    CHECK(candle.source == "binance/USDT");
    CHECK(history(binance, coin("BNB"), range("2018-03-01", "2018-03-10"),
                  recorded("binance/klines_5m_kulicka.json"))
              .outcome.kind == OutcomeKind::malformed);
    auto const ticker = quote(binance, coin("BNB", "BTC"), recorded("binance/ticker_24hr.json"));
    REQUIRE(ticker.rows.size() == 1);
    CHECK(ticker.rows.front().close == "4.00000200");
    CHECK(ticker.rows.front().date == day("2017-07-12"));
    CHECK(ticker.source == "binance");
    CHECK(quote(binance, coin("BTC"), recorded("quoted_errors/binance_451_restricted.json", 451))
              .outcome.kind == OutcomeKind::denied);
}

TEST_CASE("CoinGecko: a value stamped midnight closes the day before, and the last row is of now") {
    if (absent()) return;
    auto const coingecko = declared("coingecko");
    auto const now = parse_instant("2021-05-15 14:42:27").value();
    auto const days = range("2021-02-14", "2021-05-15");
    auto const answer = history(coingecko, coin("BTC"), days,
                                recorded("coingecko/market_chart_btc_usd_90d_daily.json"), now);
    REQUIRE(answer.rows.size() == 90);
    CHECK(answer.rows.front().date == day("2021-02-14"));
    CHECK(answer.rows.front().close == "48607.8745224845");
    CHECK(answer.rows.back().date == day("2021-05-14"));
    CHECK(answer.rows.back().close == "49913.26314398822");
    CHECK(answer.rows.back().volume == 56820196964);
    for (auto const* const name :
         {"market_chart_btc_usd_30d_hourly.json", "ohlc_btc_usd_7d.json", "ohlc_btc_myr_30d.json",
          "doc_ohlc.json", "history_btc_30-12-2017.json", "coins_list_2021.json",
          "doc_coins_list.json", "doc_simple_price.json"}) {
        CAPTURE(name);
        auto const other =
            history(coingecko, coin("BTC"), days, recorded(std::string{"coingecko/"} + name), now);
        CHECK(other.outcome.kind == OutcomeKind::malformed);
        CHECK(other.rows.empty());
    }
    auto const documented_days = history(coingecko, coin("ETH"), range("2024-03-30", "2024-04-01"),
                                         documented("coingecko/doc_market_chart.json"),
                                         parse_instant("2024-04-01 15:05:00").value());
    REQUIRE(documented_days.rows.size() == 2);
    CHECK(documented_days.rows.back().date == day("2024-03-31"));
    CHECK(documented_days.rows.back().close == "71246.9514406015");
    auto const minutes = history(coingecko, coin("BTC"), range("2026-05-17", "2026-05-17"),
                                 recorded("coingecko/doc_market_chart_range.json"));
    REQUIRE(minutes.rows.size() ==
            1); // two stamps of one day cannot be told from a day and its last
    CHECK(minutes.rows.front().close == "78052.87543398788");
}

TEST_CASE("CoinGecko: a price without its stamp is not taken, and errors mean what its file says") {
    if (absent()) return;
    auto const coingecko = declared("coingecko");
    auto const price = quote(coingecko, coin("BTC"), recorded("coingecko/doc_simple_price.json"));
    REQUIRE(price.rows.size() == 1);
    CHECK(price.rows.front().close == "76975");
    CHECK(price.rows.front().date == day("2026-05-18"));
    CHECK(quote(coingecko, coin("ETH"), recorded("coingecko/doc_simple_price.json")).outcome.kind ==
          OutcomeKind::unknown_symbol);
    auto const kind = [&](char const* name, int status) {
        return quote(coingecko, coin("BTC"), recorded(name, status)).outcome.kind;
    };
    CHECK(kind("coingecko/simple_price_btc_usd_2021.json", 200) == OutcomeKind::malformed);
    CHECK(kind("coingecko/coins_list_2021.json", 200) == OutcomeKind::malformed);
    CHECK(kind("coingecko/simple_price_422_missing.json", 422) == OutcomeKind::refused);
    CHECK(kind("coingecko/market_chart_422_missing_vs_currency.json", 422) == OutcomeKind::refused);
    CHECK(kind("coingecko/ohlc_500_missing_params.json", 500) == OutcomeKind::transient);
    CHECK(kind("quoted_errors/coingecko_429.json", 429) == OutcomeKind::rate_limited);
    CHECK(kind("quoted_errors/coingecko_401_10012_range.json", 401) == OutcomeKind::out_of_range);
}

TEST_CASE("Alpha Vantage: strings newest first, as they were traded, and errors with HTTP 200") {
    if (absent()) return;
    auto const provider = declared("alphavantage");
    auto const now = parse_instant("2021-01-12 12:00:00").value();
    auto const days = range("2020-12-01", "2021-01-11");
    auto const daily = history(provider, stock("IBM", "NYSE"), days,
                               recorded("alphavantage/ibm_daily_partial.json"), now);
    REQUIRE(daily.rows.size() == 7);
    CHECK(daily.unadjusted);
    CHECK(daily.rows.front().date == day("2020-12-31"));
    CHECK(daily.rows.back().close == "128.58");
    CHECK(daily.rows.back().high == "129.675");
    CHECK(!daily.rows.back().volume);
    auto const coins = recorded("alphavantage/digital_btc_aud_partial.json");
    auto const bitcoin = history(provider, coin("BTC", "AUD"), days, coins, now);
    REQUIRE(bitcoin.rows.size() == 7);
    CHECK(bitcoin.rows.back().close == "54397.30924680");
    CHECK(bitcoin.rows.back().volume == 75785);
    CHECK(history(provider, coin("BTC", "USD"), days, coins, now).outcome.message ==
          "currency mismatch: alphavantage says AUD, the asset is in USD");
    auto const latest =
        quote(provider, stock("MSFT"), recorded("alphavantage/global_quote_msft.json"));
    REQUIRE(latest.rows.size() == 1);
    CHECK(latest.rows.front().close == "112.1300");
    CHECK(latest.rows.front().volume == 29062853);
    CHECK(latest.rows.front().date == day("2018-10-05"));
    auto const kind = [&](char const* name) {
        return history(provider, stock("IBM", "NYSE"), days, recorded(name), now).outcome;
    };
    for (auto const* const name :
         {"alphavantage/time_series_intraday_msft.json", "alphavantage/search_ibm.json",
          "alphavantage/symbol_search.json", "alphavantage/global_quote_msft.json"})
        CHECK(kind(name).kind == OutcomeKind::malformed);
    CHECK(kind("quoted_errors/alphavantage_200_information.json").wait == std::chrono::hours{12});
    CHECK(kind("quoted_errors/alphavantage_200_note.json").kind == OutcomeKind::rate_limited);
    CHECK(kind("quoted_errors/alphavantage_200_error_message.json").kind ==
          OutcomeKind::unknown_symbol);
}

TEST_CASE(
    "Tiingo: the same figures as JSON and as CSV, weekly bars refused, coins by their ticker") {
    if (absent()) return;
    auto const provider = declared("tiingo");
    auto const days = range("2018-01-05", "2018-01-19");
    auto const google = stock("GOOGL");
    auto const json = history(provider, google, days, recorded("tiingo/prices_googl_2018.json"));
    REQUIRE(json.rows.size() == 10);
    CHECK(json.unadjusted);
    CHECK(json.splits.empty()); // a factor of 1.0 in every row
    CHECK(json.dividends.empty());
    CHECK(json.rows.front().close == "1110.29");
    CHECK(json.rows.front().volume == 1493389);
    auto as_csv = provider;
    as_csv.requests.front().format = RequestRule::Format::csv;
    as_csv.requests.front().genuine.clear();
    auto const csv = history(as_csv, google, days, recorded("tiingo/prices_googl_2018.csv"));
    REQUIRE(csv.rows.size() == 10);
    for (std::size_t i = 0; i < csv.rows.size(); ++i) {
        CHECK(csv.rows[i].date == json.rows[i].date);
        CHECK(csv.rows[i].close == json.rows[i].close);
        CHECK(csv.rows[i].low == json.rows[i].low);
        CHECK(csv.rows[i].volume == json.rows[i].volume);
    }
    auto const outcome = [&](char const* name, int status = 200) {
        return history(provider, google, days, recorded(name, status)).outcome;
    };
    CHECK(outcome("tiingo/prices_googl_2018.csv").kind == OutcomeKind::malformed);
    CHECK(outcome("tiingo/meta_googl.json").kind == OutcomeKind::malformed);
    CHECK(outcome("tiingo/prices_aapl_weekly.json").message ==
          "tiingo: weekly bars, not daily bars");
    auto const denied = outcome("tiingo/error_403_detail.json", 403);
    CHECK(denied.kind == OutcomeKind::denied);
    CHECK(denied.scope == Scope::request);
    auto const latest = quote(provider, google, recorded("tiingo/prices_googl_latest.json"));
    REQUIRE(latest.rows.size() == 1);
    CHECK(latest.rows.front().date == day("2018-04-12"));
    CHECK(latest.rows.front().close == "1037.29");
}

TEST_CASE("Tiingo: of several coins in one answer each finds its own, in its own money") {
    if (absent()) return;
    auto const provider = declared("tiingo");
    auto const reply = recorded("tiingo/crypto_prices_btcusd.json");
    auto const days = range("2019-05-01", "2019-05-02");
    auto const bitcoin = history(provider, coin("BTC"), days, reply);
    REQUIRE(bitcoin.rows.size() == 2);
    CHECK(bitcoin.rows[0].close == "5420.089670847458"); // 13 fraction digits, rounded to 12
    CHECK(bitcoin.rows[0].volume == 27749);
    CHECK(history(provider, coin("ETH"), days, reply).outcome.kind == OutcomeKind::empty);
    auto const top = quote(provider, coin("BTC"), recorded("tiingo/crypto_top.json"));
    REQUIRE(top.rows.size() == 1);
    CHECK(top.rows.front().close == "8220.83");
    CHECK(top.rows.front().date == day("2019-10-13"));
}

TEST_CASE("documented errors of Finnhub, Twelve Data and Coinbase mean what their files say") {
    if (absent()) return;
    auto const days = range("2024-01-01", "2024-01-31");
    auto const finnhub = quote(declared("finnhub"), stock("AAPL"),
                               recorded("quoted_errors/finnhub_403_no_access.json", 403));
    CHECK(finnhub.outcome.kind == OutcomeKind::denied);
    CHECK(finnhub.outcome.scope == Scope::request);
    for (int const status : {200, 429}) {
        auto const credits = history(declared("twelvedata"), stock("AAPL"), days,
                                     recorded("quoted_errors/twelvedata_429_credits.json", status));
        CHECK(credits.outcome.kind == OutcomeKind::rate_limited);
        CHECK(credits.outcome.wait == std::chrono::seconds{60});
    }
}

} // namespace portfoliod::market
