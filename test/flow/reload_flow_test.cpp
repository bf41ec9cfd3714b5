// SIGHUP: what changes at run time, and what a mistake in the files does to a daemon that runs.
#include "market/load_calendar.hpp"
#include "market/provider_market.hpp"
#include "schedule/schedule.hpp"
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"
#include "support/web_client.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto all_off = "quotes: off, exchange_rates: off, performance: off, upkeep: off";
constexpr auto read_again = "configuration and provider files are read again";

void replace_in(std::filesystem::path const& file, std::string const& from, std::string const& to) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    auto changed = text.str();
    auto const at = changed.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, from, " is not in ", file.string());
    std::ofstream{file} << changed.replace(at, from.size(), to);
}

bool answers(unsigned short port) {
    try {
        return test::web_get(port, "/healthz").status == 200;
    } catch (boost::system::system_error const&) {
        return false;
    }
}

} // namespace

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

TEST_CASE("intervals of the schedule hold from a reload on: what was off runs, and what is off "
          "runs no more") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, fmt::format("{{{}, fallback_poll: 1h}}", all_off)};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org", "EUR");
    auto const bitcoin = test::add_asset(database, "BTC", "crypto", "crypto", "USD");
    daemon.start();
    test::buy(database, portfolio, bitcoin, "1", "100", "2026-10-02");
    waiting.until("SELECT count(*) > 0 AND bool_and(status = 'completed') FROM backfill_queue",
                  "t");
    auto const quotes = "SELECT count(*) FROM asset_prices WHERE NOT is_final";
    CHECK(database.value(quotes) == "0");
    CHECK(database.value("SELECT count(*) FROM portfoliod.schedule_runs WHERE task IN ('exchange "
                         "rates', 'performance refresh')") == "0");

    daemon.reconfigure(all_off, "quotes: 1s, exchange_rates: 1s, performance: 1s, upkeep: off");
    daemon.hang_up();
    waiting.until(quotes, "1");
    daemon.wait_for_log("exchange rates of 1 of 1 currencies from coinbase_rates");
    daemon.wait_for_log("refreshed all figures");
    market.forget_requests();
    CHECK(market.wait_for(2, "/v2/exchange-rates"));
    CHECK(market.wait_for(2, "/products/BTC-USD/ticker"));

    daemon.reconfigure("quotes: 1s, exchange_rates: 1s, performance: 1s, upkeep: off",
                       std::string{all_off} + ", fallback_poll: 59m");
    daemon.reconfigure(", fallback_poll: 1h", "");
    daemon.reconfigure("log: {level: debug}", "http: {listen: \"127.0.0.1:0\"}");
    daemon.hang_up();
    daemon.wait_for_log("health and metrics at"); // so it was read
    market.forget_requests();
    // Two that were under way may still be on their way.
    CHECK_FALSE(market.wait_for(3, "/", 2500ms));
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a shorter fallback poll holds from a reload on, for changes and for snapshots that "
          "nobody announced") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, fmt::format("{{{}, fallback_poll: 1h}}", all_off)};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const share = test::add_priced_asset(database, "AAPL");
    test::buy(database, portfolio, share, "1", "7",
              database.value("SELECT (now() AT TIME ZONE 'UTC')::date - 9"));
    daemon.start();
    daemon.wait_for_log("9 days written, 0 of them");
    daemon.reconfigure("fallback_poll: 1h", "fallback_poll: 1s");
    daemon.hang_up();
    daemon.wait_for_log(read_again);
    // The first may be found by the look that the reload itself asks for; the second is not.
    for (auto const rows : {3, 4}) {
        database.run("INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date) "
                     "SELECT $1, $2, 'infinity' FROM generate_series(1, $3)",
                     {portfolio, share, rows});
        daemon.wait_for_log(fmt::format("worked off {} changes", rows));
    }
    for (auto const days : {2, 3}) {
        auto transaction = database.session().begin();
        transaction.execute(
            "UPDATE portfolio_snapshots SET total_value_usd = 1 WHERE snapshot_date "
            ">= (now() AT TIME ZONE 'UTC')::date - $1::int",
            {days});
        transaction.execute("INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date) VALUES "
                            "($1, (now() AT TIME ZONE 'UTC')::date - $2::int)",
                            {portfolio, days});
        transaction.commit();
        daemon.wait_for_log(fmt::format("{} of them with another value than before", days));
    }
    CHECK(daemon.stop() == 0);
}

TEST_CASE(
    "provider files, the history wanted and the web page's address are read anew at a reload, "
    "and a quieter log is quieter") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, fmt::format("{{{}}}", all_off),
                        "log: {level: debug}\n"
                        "routes: {crypto: [kraken]}\n"
                        "backfill: {history_before_purchase: 30d}\n"
                        "bus: {heartbeat: 30s}\n"
                        "http: {listen: \"127.0.0.1:0\"}\n"};
    auto const files = daemon.folder() / "providers";
    std::filesystem::copy(std::filesystem::path{PROJECT_DIR} / "conf/providers", files);
    daemon.reconfigure(std::string{PROJECT_DIR} + "/conf/providers", "providers");
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const bitcoin = test::add_asset(database, "BTC", "crypto", "crypto", "USD");
    daemon.start();
    test::buy(database, portfolio, bitcoin, "1", "100", "2026-10-02");
    auto const done = "SELECT count(*) FILTER (WHERE status = 'completed') FROM backfill_queue";
    waiting.until(done, "1");
    CHECK(market.count("/0/public/OHLC") == 1);
    auto const old_port = daemon.web_port();

    // A mistake in the file of a provider.
    replace_in(files / "kraken.yaml", "path: /0/public/OHLC", "paths: /0/public/OHLC");
    daemon.hang_up();
    daemon.wait_for_log("the configuration stays as it was: ");
    daemon.wait_for_log("providers/kraken.yaml:18: requests[0].paths: unknown key");
    CHECK(answers(old_port));

    // Mended, and another path; more history than before; another port.
    replace_in(files / "kraken.yaml", "paths: /0/public/OHLC", "path: /0/public/OHLC/anew");
    daemon.reconfigure("history_before_purchase: 30d", "history_before_purchase: 60d");
    auto const new_port = [] {
        boost::asio::io_context loop;
        boost::asio::ip::tcp::acceptor const free{loop,
                                                  {boost::asio::ip::address_v4::loopback(), 0}};
        return free.local_endpoint().port();
    }();
    daemon.reconfigure("127.0.0.1:0", fmt::format("127.0.0.1:{}", new_port));
    daemon.hang_up();
    daemon.wait_for_log(fmt::format("health and metrics at http://127.0.0.1:{}", new_port));
    daemon.wait_for_log(read_again);
    CHECK(answers(new_port));
    CHECK_FALSE(answers(old_port));
    CHECK(market.wait_for(1, "/0/public/OHLC/anew"));

    daemon.reconfigure("level: debug", "level: warning");
    daemon.reconfigure("heartbeat: 30s", "heartbeat: 20s");
    daemon.reconfigure("database: {", "database: {workers: 4, statement_time_max: 50s, ");
    daemon.hang_up();
    daemon.wait_for_log("changed, and holds only after a restart: database.workers, "
                        "database.statement_time_max, bus.heartbeat");
    auto const said = daemon.log().size();
    test::buy(database, portfolio, bitcoin, "1", "100", "2026-10-03");
    waiting.until("SELECT total_invested_usd FROM portfolio_performance_cache", "200.00");
    CHECK(daemon.stop() == 0);
    auto const later = daemon.log().substr(said);
    CHECK_MESSAGE(later.find("debug:") == std::string::npos, later);
    CHECK_MESSAGE(later.find("info:") == std::string::npos, later);
}

TEST_CASE("the time of upkeep and what it keeps hold from a reload on") {
    class HandClock final : public Clock {
      public:
        [[nodiscard]] Instant now() const override { return time; }

        Instant time = parse_instant("2026-11-24 02:59:59.95").value();
    };

    test::Database database;
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    database.run(
        "INSERT INTO backfill_queue (asset_id, start_date, end_date, status, completed_at) "
        "VALUES ($1, '2026-01-01', '2026-01-31', 'completed', (now() AT TIME ZONE 'UTC') - "
        "interval '1 day')",
        {asset});
    HandClock clock;
    boost::asio::io_context loop{1};
    std::string failure;
    Tasks tasks{loop.get_executor(), [&](std::string_view, std::exception_ptr const& error) {
                    failure = describe(error);
                }};
    db::Lane lane{{database.url(), "schedule"}, 1};
    market::ProviderMarket market{loop.get_executor(), {}, {}, clock};
    std::vector<market::Calendar> always;
    always.push_back(market::load_calendar(PROJECT_DIR "/conf/calendars/24-7.yaml"));
    market::Calendars const calendars{
        std::move(always),
        {{"stock", "24-7"}, {"crypto", "24-7"}, {"commodity", "24-7"}, {"bond", "24-7"}}};
    performance::SnapshotWorker snapshots{loop.get_executor(), lane, clock, 1h};
    schedule::Intervals intervals{{}, {}, {}, 1h, {}};
    schedule::Schedule schedule{loop.get_executor(), lane, market, calendars, snapshots, clock,
                                intervals,           {},   tasks};
    schedule.start();
    schedule.lead(true);
    auto const runs = "SELECT count(*) FROM portfoliod.schedule_runs WHERE task = 'upkeep'";
    auto const run_until = [&](std::string const& wanted) {
        for (auto const end = std::chrono::steady_clock::now() + 10s;
             database.value(runs) != wanted && std::chrono::steady_clock::now() < end;)
            loop.run_for(50ms);
        return database.value(runs);
    };
    loop.run_for(100ms);
    clock.time += 1s;
    loop.run_for(100ms);
    CHECK(database.value(runs) == "0");

    clock.time = parse_instant("2026-11-24 17:29:59.95").value();
    intervals.upkeep = 17h + 30min;
    tracking::Policy policy;
    policy.keep_completed = 1h;
    schedule.change(intervals, policy);
    loop.run_for(100ms);
    CHECK(database.value(runs) == "0");
    clock.time += 1s;
    CHECK(run_until("1") == "1");
    CHECK(database.value("SELECT count(*) FROM backfill_queue") == "0");
    CHECK(failure == "");
    tasks.stop();
    loop.run();
}
