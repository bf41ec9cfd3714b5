// What providers do to the daemon: throttle, fail, lie; and quotes and rates by the clock.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;
using test::Fault;

namespace {

/// One user, one share, the daemon about to learn of it.
struct OneShare {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    int portfolio = test::add_portfolio(database, "ann@example.org");

    int buy(std::string const& symbol) {
        auto const asset = test::add_asset(database, symbol, "stock", "NASDAQ", "USD");
        test::buy(database, portfolio, asset, "1", "50", "2026-09-01");
        return asset;
    }
};

} // namespace

TEST_CASE("a throttled provider makes the job wait as told, without using up an attempt") {
    OneShare one;
    one.market.misbehave(
        {.fault = Fault::too_many, .path = "/v8/", .times = 0, .retry_after = "3600"});
    one.daemon.start();
    one.buy("AAPL");
    one.waiting.until("SELECT status FROM backfill_queue", "rate_limited");
    CHECK(one.database.value("SELECT attempts FROM backfill_queue") == "0");
    CHECK(one.database.value(
              "SELECT retry_after - (now() AT TIME ZONE 'UTC') BETWEEN '59 min' AND '61 min' "
              "FROM backfill_queue") == "t");
    CHECK(one.database.value("SELECT error_message <> '' FROM backfill_queue") == "t");
    CHECK(one.daemon.stop() == 0);
}

TEST_CASE("after a short throttling the job completes by itself") {
    OneShare one;
    one.market.misbehave(
        {.fault = Fault::too_many, .path = "/v8/", .times = 1, .retry_after = "1"});
    one.daemon.start();
    one.buy("AAPL");
    one.waiting.until("SELECT status FROM backfill_queue", "completed");
    CHECK(one.database.value("SELECT attempts FROM backfill_queue") == "0");
    CHECK(one.market.count("/v8/finance/chart/AAPL") == 2);
    CHECK(one.daemon.stop() == 0);
}

TEST_CASE("a symbol nobody knows fails at once, says what to do, and is retried by hand") {
    OneShare one;
    one.daemon.start();
    auto const asset = one.buy("NOPE");
    one.waiting.until("SELECT status FROM backfill_queue", "failed");
    auto const message = one.database.value("SELECT error_message FROM backfill_queue");
    CHECK_MESSAGE(
        message.find("UPDATE public.backfill_queue SET status = 'pending' WHERE id = 1") ==
            std::string::npos,
        message);
    CHECK_MESSAGE(message.find("UPDATE backfill_queue SET status = 'pending' WHERE id = 1") !=
                      std::string::npos,
                  message);
    CHECK(one.database.value("SELECT count(*) FROM portfolio_problems WHERE kind = 'failed_job'") ==
          "1");

    one.database.run("UPDATE assets SET symbol = 'AAPL' WHERE id = $1", {asset});
    one.database.run("UPDATE backfill_queue SET status = 'pending'");
    one.waiting.until("SELECT status FROM backfill_queue", "completed");
    CHECK(one.database.value(
              "SELECT attempts || ' ' || coalesce(error_message, '') FROM backfill_queue") == "0 ");
    CHECK(one.daemon.stop() == 0);
}

TEST_CASE("a page for people, a cut answer and a server error never become prices and use up an "
          "attempt") {
    for (auto const fault : {Fault::html, Fault::cut, Fault::server_error, Fault::garbage}) {
        OneShare one;
        one.market.misbehave({.fault = fault, .path = "/v8/", .times = 0});
        one.daemon.start();
        one.buy("AAPL");
        one.waiting.until("SELECT attempts FROM backfill_queue", "1");
        CHECK(one.database.value("SELECT status FROM backfill_queue") == "pending");
        CHECK(one.database.value("SELECT retry_after > created_at FROM backfill_queue") == "t");
        CHECK(one.database.value("SELECT error_message <> '' FROM backfill_queue") == "t");
        CHECK(one.database.value("SELECT count(*) FROM asset_prices") == "0");
        CHECK(one.daemon.stop() == 0);
    }
}

TEST_CASE("a server that cannot prove who it is gets no request and gives no price") {
    OneShare one;
    one.market.show(test::Shown::wrong_name);
    one.daemon.start();
    one.buy("AAPL");
    one.waiting.until("SELECT attempts FROM backfill_queue", "1");
    auto const message = one.database.value("SELECT error_message FROM backfill_queue");
    CHECK_MESSAGE(message.find("certificate") != std::string::npos, message);
    CHECK(one.market.requests().empty());
    CHECK(one.daemon.stop() == 0);
}

TEST_CASE("stopping in the middle of a request gives the job back") {
    OneShare one;
    one.market.misbehave({.fault = Fault::slow, .path = "/v8/", .times = 0});
    one.daemon.start();
    one.buy("AAPL");
    one.waiting.until("SELECT status FROM backfill_queue", "in_progress");
    REQUIRE(one.market.wait_for(1, "/v8/"));
    CHECK(one.daemon.stop() == 0);
    CHECK(one.database.value(
              "SELECT concat_ws(' ', status, attempts, lease_token) FROM backfill_queue") ==
          "pending 0");
}

TEST_CASE("quotes are provisional, belong to the date of their stamp and stop when nobody holds "
          "the asset") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market,
                        "{quotes: 1s, exchange_rates: off, performance: off, upkeep: off}"};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const coin = test::add_asset(database, "BTC", "crypto", "", "USD");
    test::buy(database, portfolio, coin, "1", "20000", "2026-11-01");
    auto const today = market.today();
    market.set_today(today); // and no midnight in between
    daemon.start();
    waiting.until("SELECT count(*) FROM asset_prices WHERE NOT is_final", "1");
    CHECK(database.value(
              "SELECT timestamp::date || ' ' || source FROM asset_prices WHERE NOT is_final") ==
          to_text(today) + " coinbase");
    waiting.until("SELECT status FROM portfolio_performance_cache", "estimated");
    CHECK(database.value("SELECT last_tracked_at IS NOT NULL FROM tracked_assets") == "t");

    test::sell(database, portfolio, coin, "1", "20000", to_text(SystemClock{}.today()));
    waiting.until("SELECT tracking_users FROM tracked_assets", "0");
    CHECK(database.value("SELECT count(*) FROM portfoliod.quotable_assets()") == "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("the latest exchange rates are fetched for every currency in use, in one request") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market,
                        "{quotes: off, exchange_rates: 1h, performance: off, upkeep: off}"};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org", "GBP");
    test::add_portfolio(database, "bob@example.org", "JPY");
    auto const share = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    test::buy(database, portfolio, share, "1", "100", "2026-11-02");
    daemon.start();
    waiting.until("SELECT string_agg(DISTINCT currency_code, ' ') FROM exchange_rates WHERE source "
                  "LIKE 'coinbase_rates%'",
                  "EUR GBP JPY");
    CHECK(market.count("/v2/exchange-rates") == 1);
    CHECK(database.value("SELECT abs(rate_to_usd - $1::numeric) < 0.0001 FROM "
                         "latest_exchange_rates WHERE currency_code = 'JPY'",
                         {std::to_string(*market.prices().usd_per("JPY", market.today()))}) == "t");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("an asset in pence is stored in pounds") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org", "GBP");
    auto const share = test::add_asset(database, "VOD", "stock", "LSE", "GBP");
    test::buy(database, portfolio, share, "100", "0.75", "2026-10-01");
    daemon.start();
    waiting.until("SELECT status FROM backfill_queue", "completed");
    auto const yesterday = SystemClock{}.today() - std::chrono::days{1};
    auto const day = market.prices().last_close_day("VOD.L", yesterday);
    CHECK(database.value("SELECT close = $1::numeric / 100 FROM latest_asset_prices",
                         {market.prices().close("VOD.L", day)}) == "t");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a currency that no provider has fails alone and says so, and the others of its batch "
          "are loaded") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const euro = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    auto const rouble = test::add_asset(database, "GAZP", "bond", "", "RUB");
    test::buy(database, portfolio, euro, "1", "100", "2026-11-02");
    test::buy(database, portfolio, rouble, "1", "100", "2026-11-02");
    daemon.start();
    waiting.until("SELECT string_agg(currency_code || ' ' || status, ', ' ORDER BY currency_code) "
                  "FROM portfoliod.rate_backfill_queue",
                  "EUR completed, RUB failed");
    CHECK(database.value("SELECT count(*) FROM exchange_rates WHERE currency_code = 'RUB'") == "0");
    CHECK(database.value("SELECT count(*) > 0 FROM exchange_rates WHERE currency_code = 'EUR'") ==
          "t");
    waiting.until("SELECT status FROM portfolio_performance_cache", "incomplete");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a code that no currency bears fails alone, although it spoils every request it is in") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const dong = test::add_asset(database, "VNM", "bond", "", "VND");
    auto const nothing = test::add_asset(database, "TYPO", "bond", "", "XYZ");
    test::buy(database, portfolio, dong, "1", "100", "2026-11-02");
    test::buy(database, portfolio, nothing, "1", "100", "2026-11-02");
    daemon.start();
    waiting.until("SELECT string_agg(currency_code || ' ' || status, ', ' ORDER BY currency_code) "
                  "FROM portfoliod.rate_backfill_queue",
                  "VND completed, XYZ failed");
    CHECK(database.value("SELECT DISTINCT source FROM exchange_rates WHERE currency_code = "
                         "'VND'") == "frankfurter");
    CHECK(database.value("SELECT error_message LIKE '%UPDATE portfoliod.rate_backfill_queue SET "
                         "status%' FROM portfoliod.rate_backfill_queue WHERE status = 'failed'") ==
          "t");
    CHECK(daemon.stop() == 0);
}
