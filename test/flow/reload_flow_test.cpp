// SIGHUP: what changes at run time, and what a mistake in the files does to a daemon that runs.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"
#include "support/web_client.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;

TEST_CASE("a reload changes routes, policies, the log and the web server, and says what needs a "
          "restart") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market,
                        "{quotes: off, exchange_rates: off, performance: off, upkeep: off}",
                        "log: {level: info}\n"
                        "routes: {crypto: [kraken]}\n"
                        "http: {listen: \"127.0.0.1:0\"}\n"};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    daemon.start();
    CHECK(test::web_get(daemon.web_port(), "/readyz").status == 200);
    auto const jobs_done = "SELECT string_agg(DISTINCT p.source, ' ') FROM asset_prices p JOIN "
                           "assets a ON a.id = p.asset_id "
                           "WHERE a.symbol = '{}' AND p.is_final";
    auto const bitcoin = test::add_asset(database, "BTC", "crypto", "crypto", "USD");
    test::buy(database, portfolio, bitcoin, "1", "100", "2026-10-02");
    waiting.until(fmt::format(fmt::runtime(jobs_done), "BTC"), "kraken");

    daemon.reconfigure("crypto: [kraken]", "crypto: [coinbase]");
    daemon.reconfigure("level: info", "level: debug");
    daemon.reconfigure("http: {listen: \"127.0.0.1:0\"}", "bus: {heartbeat: 20s}");
    auto const port = daemon.web_port();
    daemon.hang_up();
    daemon.wait_for_log("configuration and provider files are read again");
    daemon.wait_for_log("changed, and holds only after a restart: bus.heartbeat");
    CHECK_THROWS_AS(test::web_get(port, "/healthz"), boost::system::system_error);
    auto const ether = test::add_asset(database, "ETH", "crypto", "crypto", "USD");
    test::buy(database, portfolio, ether, "1", "100", "2026-10-02");
    waiting.until(fmt::format(fmt::runtime(jobs_done), "ETH"), "coinbase");
    daemon.wait_for_log("debug: worked off");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a reload that finds a mistake says where, and everything goes on as before") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    daemon.start();
    for (auto const& [from, to, said] :
         {std::tuple{"log: {level: debug}", "log: {level: loud}",
                     "portfoliod.yaml:6: log.level: must be error, warning"},
          std::tuple{"log: {level: loud}", "routes: {stock: [nobody]}",
                     "routes.stock: there is no provider 'nobody'"},
          std::tuple{"routes: {stock: [nobody]}", "calendars: {NYSE: NONE}",
                     "portfoliod.yaml:6: calendars.NYSE: there is no calendar 'NONE'"},
          std::tuple{"calendars: {NYSE: NONE}", "http: {listen: \"192.0.2.1:80\", exposed: true}",
                     "http.listen: 192.0.2.1 port 80 cannot be used"}}) {
        daemon.reconfigure(from, to);
        daemon.hang_up();
        daemon.wait_for_log(fmt::format("the configuration stays as it was: "));
        daemon.wait_for_log(said);
    }
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "1", "100", "2026-10-02");
    waiting.until("SELECT count(*) > 0 FROM asset_prices WHERE source = 'yahoo'", "t");
    CHECK(daemon.stop() == 0);
}
