// The seed's two flows, asset addition and asset removal, with the real daemon between a real
// database and real HTTPS.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto open_jobs = "SELECT count(*) FROM backfill_queue WHERE status <> 'completed'";

/// Midnight of the last day that is over, by the machine's clock, as the daemon's.
Day yesterday() { return SystemClock{}.today() - std::chrono::days{1}; }

} // namespace

TEST_CASE("a purchase is tracked, its year of history loaded, valued at the last close, and given "
          "up when sold") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    daemon.start();

    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    auto const bought_on = yesterday() - std::chrono::days{30};
    test::buy(database, portfolio, asset, "10", "50", to_text(bought_on), "1");
    waiting.until("SELECT count(*) FROM portfolio_performance_cache WHERE status = 'final'", "1");

    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "1");
    CHECK(database.value(open_jobs) == "0");
    CHECK(database.value("SELECT start_date FROM backfill_queue") ==
          database.value("SELECT ($1::date - interval '1 year')::date", {bought_on}));
    CHECK(database.value("SELECT end_date FROM backfill_queue") == to_text(yesterday()));
    auto const last = market.prices().last_close_day("AAPL", yesterday());
    auto const close = market.prices().close("AAPL", last);
    CHECK(database.value("SELECT timestamp::date FROM latest_asset_prices") == to_text(last));
    CHECK(database.value("SELECT close = $1::numeric FROM latest_asset_prices", {close}) == "t");
    CHECK(database.value(
              "SELECT current_value_usd = 10 * $1::numeric FROM portfolio_performance_cache",
              {close}) == "t");
    CHECK(database.value("SELECT total_invested_usd FROM portfolio_performance_cache") == "501.00");
    CHECK(database.value("SELECT total_return_pct = round((10 * $1::numeric - 501) / 501 * 100, 4) "
                         "FROM portfolio_performance_cache",
                         {close}) == "t");
    CHECK(market.count("/v8/finance/chart/AAPL") == 1);

    auto const bars = database.value("SELECT count(*) FROM asset_prices");
    test::sell(database, portfolio, asset, "10", "60", to_text(yesterday()));
    waiting.until("SELECT tracking_users FROM tracked_assets", "0");
    CHECK(database.value("SELECT count(*) FROM asset_prices") == bars);
    waiting.until("SELECT current_value_usd FROM portfolio_performance_cache", "0.00");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a coin and a share in euros are valued with the rates of their days") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org", "EUR");
    auto const coin = test::add_asset(database, "BTC", "crypto", "", "USD");
    auto const share = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    auto const bought_on = yesterday() - std::chrono::days{10};
    test::buy(database, portfolio, coin, "0.5", "20000", to_text(bought_on));
    test::buy(database, portfolio, share, "4", "100", to_text(bought_on));
    daemon.start();
    waiting.until(test::unsettled, "0");
    waiting.until("SELECT count(*) FROM portfolio_performance_cache WHERE status = 'final'", "1");

    // The same sum, made by the server of what it stored.
    CHECK(database.value(
              "SELECT c.current_value_usd = round((SELECT sum(p.quantity * l.close * "
              "coalesce(r.rate_to_usd, 1)) "
              "FROM portfolio_positions p JOIN assets a ON a.id = p.asset_id "
              "JOIN latest_asset_prices l ON l.asset_id = a.id "
              "LEFT JOIN latest_exchange_rates r ON r.currency_code = a.native_currency), 2) "
              "FROM portfolio_performance_cache c") == "t");
    // And what it stored is what the market said.
    CHECK(database.value("SELECT close = $2::numeric FROM latest_asset_prices WHERE asset_id = $1",
                         {coin, market.prices().close("BTC-USD", yesterday())}) == "t");
    CHECK(database.value("SELECT count(*) FROM asset_prices WHERE asset_id = $1", {coin}) ==
          database.value("SELECT ($1::date - ($2::date - interval '1 year')::date) + 1",
                         {yesterday(), bought_on}));
    CHECK(database.value("SELECT abs(rate_to_usd - $1::numeric) < 0.0001 FROM "
                         "latest_exchange_rates WHERE currency_code = 'EUR'",
                         {std::to_string(*market.prices().usd_per(
                             "EUR", market.prices().last_close_day("EURUSD=X", yesterday())))}) ==
          "t");
    CHECK(database.value("SELECT value = round(value_usd / (SELECT rate_to_usd FROM "
                         "latest_exchange_rates), 2) FROM portfolio_overview") == "t");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("recorded: ten TSLA leave exactly the recorded trading days and are valued at the last "
          "recorded close") {
    auto const body = std::filesystem::path{PROJECT_DIR} /
                      "../shared/fixtures/yahoo/chart_tsla_1d_full_history_2010_2023.json";
    if (!std::filesystem::exists(body)) {
        MESSAGE("skipped: the recorded answers are not here");
        return;
    }
    test::Database database;
    test::MarketServer market{{.replay = {"TSLA=" + body.string()}}};
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    daemon.start();
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const bob = test::add_portfolio(database, "bob@example.org");
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");

    test::buy(database, ann, asset, "10", "120", "2023-01-10");
    waiting.until("SELECT status FROM portfolio_performance_cache", "stale");
    CHECK(database.value("SELECT count(*) || ' ' || min(timestamp)::date || ' ' || "
                         "max(timestamp)::date FROM asset_prices") == "399 2022-01-10 2023-08-11");
    CHECK(database.value(
              "SELECT count(*) FROM asset_prices WHERE open IS NOT NULL OR volume IS NOT NULL") ==
          "0");
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "1");
    CHECK(database.value("SELECT current_value_usd FROM portfolio_performance_cache") == "2426.50");
    CHECK(market.count("/v8/finance/chart/TSLA") == 1);

    test::buy(database, bob, asset, "1", "270", "2022-09-01");
    waiting.until("SELECT count(*) FROM backfill_queue WHERE status = 'completed'", "2");
    CHECK(database.value("SELECT count(*) || ' ' || min(timestamp)::date FROM asset_prices") ==
          "489 2021-09-01");
    CHECK(database.value("SELECT count(*) FROM asset_prices WHERE timestamp < '2022-01-10'") ==
          "90");
    CHECK(market.count("/v8/finance/chart/TSLA") == 2);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "2");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("what was inserted while the daemon was down gives the same result as while it was up") {
    test::MarketServer market;
    auto const story = [](test::Database& database) {
        auto const ann = test::add_portfolio(database, "ann@example.org");
        auto const bob = test::add_portfolio(database, "bob@example.org");
        auto const share = test::add_asset(database, "MSFT", "stock", "NASDAQ", "USD");
        auto const coin = test::add_asset(database, "ETH", "crypto", "", "USD");
        test::buy(database, ann, share, "3", "100", "2026-03-02");
        test::buy(database, ann, coin, "2", "1000", "2026-04-02");
        test::sell(database, ann, coin, "2", "1100", "2026-05-02");
        test::buy(database, bob, share, "1", "90", "2025-12-01");
    };
    auto const state = [](test::Database& database) {
        // Of the history what is needed: while the coin was held, more was, and a daemon that was up
        // may have asked for it.
        return database.value("WITH need AS (SELECT * FROM portfoliod.needed_price_ranges(NULL, "
                              "(now() AT TIME ZONE 'UTC')::date, '1 year')) "
                              "SELECT (SELECT string_agg(concat_ws(',', asset_id, tracking_users), "
                              "';' ORDER BY asset_id) FROM tracked_assets) "
                              "|| ' ' || (SELECT string_agg(concat_ws(',', portfolio_id, "
                              "current_value_usd, total_invested_usd, total_return_pct, status), "
                              "';' ORDER BY portfolio_id) FROM portfolio_performance_cache) "
                              "|| ' ' || (SELECT string_agg(concat_ws(',', asset_id, served * "
                              "datemultirange(needed)), ';' ORDER BY asset_id) "
                              "FROM portfoliod.price_coverage JOIN need USING (asset_id)) "
                              "|| ' ' || (SELECT count(*) FROM asset_prices JOIN need USING "
                              "(asset_id) WHERE timestamp::date <@ needed)");
    };
    auto const run = [&](bool up_first) {
        test::Database database;
        test::Daemon daemon{database, market};
        test::Waiting waiting{database};
        if (up_first) daemon.start();
        story(database);
        if (!up_first) daemon.start();
        waiting.until(test::unsettled, "0");
        waiting.until("SELECT count(*) FROM portfolio_performance_cache WHERE status = 'final'",
                      "2");
        CHECK(daemon.stop() == 0);
        return state(database);
    };
    CHECK(run(true) == run(false));
}

TEST_CASE("a split that a provider reports moves quantities and values, and what was fetched "
          "before it is fetched again") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    market.add_split("AAPL", yesterday() - std::chrono::days{20}, 2, 1);
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "10", "50",
              to_text(yesterday() - std::chrono::days{100}));
    daemon.start();
    waiting.until("SELECT status FROM portfolio_performance_cache", "final");
    CHECK(database.value("SELECT trim_scale(quantity) FROM portfolio_positions") == "20");
    auto const close =
        market.prices().close("AAPL", market.prices().last_close_day("AAPL", yesterday()));
    CHECK(database.value(
              "SELECT current_value_usd = 20 * $1::numeric FROM portfolio_performance_cache",
              {close}) == "t");
    CHECK(database.value("SELECT count(*) FROM backfill_queue") == "1");

    market.add_split("AAPL", yesterday() - std::chrono::days{5}, 3, 1);
    database.run("UPDATE backfill_queue SET status = 'pending'");
    waiting.until("SELECT trim_scale(quantity) FROM portfolio_positions", "60");
    waiting.until(test::unsettled, "0");
    waiting.until("SELECT status FROM portfolio_performance_cache", "final");
    CHECK(database.value(
              "SELECT current_value_usd = 60 * $1::numeric FROM portfolio_performance_cache",
              {close}) == "t");
    // A typed split is the user's word. It outdates what was fetched, so a job of the daemon's own comes first: a retry
    // meanwhile would be refused, for its range is queued already.
    auto const jobs = std::stoi(database.value("SELECT count(*) FROM backfill_queue"));
    database.run("UPDATE asset_splits SET numerator = 2, source = 'manual' WHERE numerator = 3");
    // In the first hours of a day two: the last day may not have been published when it was asked for.
    waiting.until(fmt::format("SELECT count(*) > {} FROM backfill_queue", jobs), "t");
    waiting.until(test::unsettled, "0");
    database.run("UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
    waiting.until(test::unsettled, "0");
    CHECK(database.value("SELECT trim_scale(quantity) FROM portfolio_positions") == "40");
    CHECK(daemon.stop() == 0);
}
