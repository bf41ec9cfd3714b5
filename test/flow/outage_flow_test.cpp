// Crashes, restarts and several daemons: the tables are the truth, so the end state is always the
// same.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto nothing_to_do = "SELECT (SELECT count(*) FROM portfoliod.pending_changes) + "
                               "(SELECT count(*) FROM backfill_queue WHERE status <> 'completed')";

/// Assets whose stored count is not what the positions say.
constexpr auto wrong_counts = "SELECT count(*) FROM tracked_assets t WHERE tracking_users <> "
                              "(SELECT count(DISTINCT f.user_id) FROM portfolio_positions p JOIN "
                              "portfolios f ON f.id = p.portfolio_id "
                              "WHERE p.asset_id = t.asset_id AND p.quantity > 0)";

/// Portfolios without figures, or whose value is not the sum of what they hold at the last close.
constexpr auto wrong_values =
    "SELECT count(*) FROM portfolios f LEFT JOIN portfolio_performance_cache c ON c.portfolio_id = "
    "f.id "
    "WHERE c.current_value_usd IS DISTINCT FROM (SELECT round(sum(p.quantity * l.close), 2) "
    "FROM portfolio_positions p JOIN latest_asset_prices l ON l.asset_id = p.asset_id WHERE "
    "p.portfolio_id = f.id)";

/// Shares that Ann bought and whose history is asked for, and a person's transaction that writes a price of some of them.
struct HeldShares {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon;
    test::Waiting waiting{database};
    db::Session person{{database.url(), "test"}};

    HeldShares(int count, int questions_at_once)
        : daemon{database, market,
                 "{quotes: off, exchange_rates: off, performance: off, upkeep: off}",
                 fmt::format("log: {{level: debug}}\nbackfill: {{concurrency: {}}}\n",
                             questions_at_once)} {
        auto const ann = test::add_portfolio(database, "ann@example.org");
        for (auto i = 1; i <= count; ++i) {
            auto const share =
                test::add_asset(database, fmt::format("SHARE{}", i), "stock", "NASDAQ", "USD");
            test::buy(database, ann, share, "1", "100", "2026-03-02");
        }
        database.run("INSERT INTO backfill_queue (asset_id, start_date, end_date) "
                     "SELECT id, '2025-03-02', '2026-03-02' FROM assets ORDER BY id");
    }

    /// Until it ends, no history of them can be stored.
    db::Transaction hold(std::string const& which) {
        auto open = person.begin();
        open.execute("INSERT INTO asset_prices (asset_id, timestamp, close) "
                     "SELECT id, '2026-02-02', 99 FROM assets WHERE " +
                     which + " ORDER BY id");
        return open;
    }
};

} // namespace

TEST_CASE("a daemon killed between insert and drain leaves nothing undone after its restart") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    std::vector<int> assets;
    for (auto const* symbol : {"AAPL", "MSFT", "NVDA", "AMZN", "META"})
        assets.push_back(test::add_asset(database, symbol, "stock", "NASDAQ", "USD"));
    // Killed at whatever point of its work it has reached when the insert returns.
    for (auto round = 0; round < 10; ++round) {
        daemon.start_unready();
        if (round % 2 == 1) daemon.wait_for_log("listening");
        test::buy(database, portfolio, assets.at(static_cast<std::size_t>(round) % assets.size()),
                  "1", "100", "2026-0" + std::to_string(1 + round % 5) + "-05");
        daemon.kill();
    }
    // A job that died in progress is rescued when its lease ends; not in ten minutes here.
    database.run("UPDATE backfill_queue SET lease_until = now() AT TIME ZONE 'UTC' WHERE status = "
                 "'in_progress'");
    daemon.start();
    waiting.until(nothing_to_do, "0");
    waiting.until(wrong_values, "0");
    CHECK(database.value(wrong_counts) == "0");
    CHECK(database.value("SELECT count(*) FROM tracked_assets WHERE tracking_users = 1") == "5");
    CHECK(database.value("SELECT sum(quantity)::int FROM portfolio_positions") == "10");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("the daemon comes back by itself when PostgreSQL is restarted under it, and catches up") {
    auto cluster = test::Cluster::start();
    test::Database database{cluster};
    test::MarketServer market;
    test::Daemon daemon{database, market};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    daemon.start();
    for (auto const* mode : {"fast", "immediate"}) {
        cluster.stop(mode);
        daemon.wait_for_log("database unreachable");
        cluster.start_again();
        database.reconnect();
        test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
        test::Waiting waiting{database};
        waiting.until(nothing_to_do, "0", 60s);
        waiting.until(wrong_values, "0", 60s);
        CHECK(database.value(wrong_counts) == "0");
        if (std::string_view{mode} == "fast") {
            CHECK(daemon.stop() == 0);
            daemon.start();
        }
    }
    CHECK(daemon.stop() == 0);
}

TEST_CASE(
    "what a crashed server had not written of a drain is in the outbox again, and is done again") {
    // Nobody else writes the log to the disk within the test.
    auto cluster = test::Cluster::start(test::Durability::as_installed,
                                        "wal_writer_delay = 10s\nautovacuum = off\n");
    test::Database database{cluster};
    test::MarketServer market;
    test::Daemon daemon{database, market,
                        "{quotes: off, exchange_rates: off, performance: off, upkeep: off, "
                        "fallback_poll: 1h}"};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    daemon.start();
    auto const invested = "SELECT total_invested_usd FROM portfolio_performance_cache";
    auto trades = 0;
    auto const buy_and_wait = [&] {
        test::Waiting waiting{database};
        // Of today: days of the past would be computed beside it, and written to the disk at any moment.
        test::buy(database, portfolio, asset, "1", "100", to_text(SystemClock{}.today()));
        waiting.until(invested, fmt::format("{}00.00", ++trades));
        waiting.until(test::unsettled, "0");
    };
    buy_and_wait();
    // The server's own turn of writing may come in between, once in a hundred times.
    auto lost = false;
    for (auto round = 0; round < 5 && !lost; ++round) {
        buy_and_wait();
        cluster.stop("immediate");
        daemon.kill(); // so that nobody drains while we look at what the server kept
        cluster.start_again();
        database.reconnect();
        CHECK(database.value("SELECT count(*) FROM transactions") == std::to_string(trades));
        auto const changes = database.value("SELECT count(*) FROM portfoliod.pending_changes");
        lost = changes == "1";
        CHECK(database.value(invested) == fmt::format("{}00.00", lost ? trades - 1 : trades));
        daemon.start();
        test::Waiting waiting{database};
        waiting.until(invested, fmt::format("{}00.00", trades));
        waiting.until(test::unsettled, "0");
    }
    CHECK(lost);
    CHECK(daemon.stop() == 0);
    CHECK_MESSAGE(daemon.run("verify") == 0, daemon.output());
}

TEST_CASE("a terminated backend of the listener is noticed and replaced") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    daemon.start();
    database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                 "'portfoliod listener' "
                 "AND datname = current_database()");
    daemon.wait_for_log("database reachable again");
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
    waiting.until(nothing_to_do, "0");
    waiting.until(wrong_values, "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("two daemons on one database do each thing once") {
    test::Database database;
    test::MarketServer market;
    test::Daemon one{database, market};
    test::Daemon two{database, market};
    test::Waiting waiting{database};
    one.start();
    two.start();
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const bob = test::add_portfolio(database, "bob@example.org");
    for (auto const* symbol : {"AAPL", "MSFT", "NVDA", "AMZN", "META", "INTC", "CSCO", "ORCL"}) {
        auto const asset = test::add_asset(database, symbol, "stock", "NASDAQ", "USD");
        test::buy(database, ann, asset, "2", "100", "2026-02-02");
        test::buy(database, bob, asset, "1", "100", "2026-03-02");
    }
    waiting.until(nothing_to_do, "0");
    waiting.until(wrong_values, "0");
    CHECK(database.value(wrong_counts) == "0");
    CHECK(database.value("SELECT count(*) FROM tracked_assets WHERE tracking_users = 2") == "8");
    CHECK(database.value("SELECT count(*) FROM backfill_queue WHERE attempts > 0") == "0");
    CHECK(market.count("/v8/") == std::stoi(database.value("SELECT count(*) FROM backfill_queue")));
    CHECK(one.stop() == 0);
    CHECK(two.stop() == 0);
}

TEST_CASE("a notification that is no JSON, or forged, changes nothing") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    daemon.start();
    database.run(
        "SELECT pg_notify('transaction_created', 'not json {'), pg_notify('backfill_requested', "
        "''), "
        "pg_notify('transaction_created', '{\"transaction_id\": 99999, \"asset_id\": -1}')");
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
    waiting.until(nothing_to_do, "0");
    waiting.until(wrong_values, "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("the daemon refuses to start on a database without the schema, and says what to run") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    {
        auto transaction = database.session().begin();
        transaction.execute_script("DROP SCHEMA portfoliod CASCADE");
        transaction.commit();
    }
    CHECK(daemon.run("run") == 1);
    CHECK_MESSAGE(daemon.output().find("run: portfoliod migrate") != std::string::npos,
                  daemon.output());
}

TEST_CASE("the commands say what is wrong with usage and configuration, and exit with 2") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    CHECK(daemon.run("--version") == 0);
    CHECK(daemon.run("nonsense") == 2);
    CHECK(daemon.run("import-assets") == 2);
    CHECK(daemon.run("import-assets /nowhere.csv") == 2);
    CHECK(daemon.run("migrate") == 0);
    CHECK(daemon.output() == "the schema is up to date\n");
    CHECK(daemon.run("import-assets --starter") == 0);
    CHECK(database.value("SELECT count(*) >= 200 FROM assets") == "t");
    CHECK(daemon.run("import-assets --starter") == 0);
    CHECK_MESSAGE(daemon.output().find(" 0 added, 0 updated") != std::string::npos,
                  daemon.output());
}

TEST_CASE("somebody's transaction left open holds up nobody else's figures, and its own come when "
          "it ends") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const bob = test::add_portfolio(database, "bob@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    for (auto const portfolio : {ann, bob})
        test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
    daemon.start();
    waiting.until(nothing_to_do, "0");
    waiting.until(wrong_values, "0");
    db::Session idle{{database.url(), "test"}};
    {
        // Marks Ann's cache row and keeps it locked.
        auto open = idle.begin();
        open.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                     "quantity, price, timestamp) "
                     "VALUES ($1, $2, 'buy', 1, 100, '2026-03-03')",
                     {ann, asset});
        test::buy(database, bob, asset, "1", "100", "2026-03-03");
        waiting.until("SELECT total_invested_usd FROM portfolio_performance_cache ORDER BY "
                      "portfolio_id DESC LIMIT 1",
                      "200.00");
        open.commit();
    }
    waiting.until("SELECT sum(total_invested_usd) FROM portfolio_performance_cache", "400.00");
    waiting.until(wrong_values, "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a price typed and left uncommitted holds up nobody's figures, and the count comes when "
          "it ends") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const bob = test::add_portfolio(database, "bob@example.org");
    auto const asset = test::add_priced_asset(database, "AAPL");
    auto const other = test::add_priced_asset(database, "MSFT");
    test::buy(database, ann, asset, "1", "100", "2026-03-02");
    daemon.start();
    waiting.until(nothing_to_do, "0");
    db::Session idle{{database.url(), "test"}};
    {
        // Holds the asset's row in tracked_assets, also from a daemon that looks at everything.
        CHECK(daemon.stop() == 0);
        auto open = idle.begin();
        open.execute("UPDATE asset_prices SET close = 8 WHERE asset_id = $1", {asset});
        daemon.start();
        test::buy(database, bob, asset, "1", "100", "2026-03-03");
        test::buy(database, bob, other, "1", "100", "2026-03-03");
        waiting.until("SELECT total_invested_usd FROM portfolio_performance_cache ORDER BY "
                      "portfolio_id DESC LIMIT 1",
                      "200.00");
        waiting.until("SELECT tracking_users FROM tracked_assets ORDER BY asset_id DESC LIMIT 1",
                      "1");
        CHECK(database.value(wrong_counts) == "1");
        open.commit();
    }
    waiting.until(wrong_counts, "0");
    waiting.until(nothing_to_do, "0");
    waiting.until(wrong_values, "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a position that somebody holds keeps no other asset's split from its day") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const held = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    auto const other = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    for (auto const asset : {held, other})
        test::buy(database, ann, asset, "1", "100", "2026-03-02");
    // The clock cannot be set: splits whose day has come while no trigger and no daemon looked.
    database.run("ALTER TABLE asset_splits DISABLE TRIGGER USER");
    database.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) "
                 "SELECT id, '2026-04-01', 2, 1 FROM assets");
    database.run("ALTER TABLE asset_splits ENABLE TRIGGER USER");
    db::Session idle{{database.url(), "test"}};
    {
        auto open = idle.begin();
        open.execute("SELECT FROM portfolio_positions WHERE asset_id = $1 FOR NO KEY UPDATE",
                     {held});
        daemon.start();
        waiting.until(
            fmt::format("SELECT quantity = 2 FROM portfolio_positions WHERE asset_id = {}", other),
            "t");
        daemon.wait_for_log("an open transaction holds positions or assets");
        waiting.until("SELECT count(DISTINCT asset_id) FROM backfill_queue", "2");
        open.commit();
    }
    waiting.until("SELECT count(*) FROM portfolio_positions WHERE quantity = 2", "2");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("an asset whose prices somebody holds keeps no other asset's history from being stored") {
    HeldShares shares{8, 4};
    auto open = shares.hold("symbol = 'SHARE3'");
    shares.daemon.start();
    auto const completed = "SELECT count(DISTINCT asset_id) FROM backfill_queue WHERE status = "
                           "'completed' AND end_date = '2026-03-02'";
    shares.waiting.until(completed, "7");
    CHECK(shares.database.value("SELECT count(*) FROM asset_prices AS price JOIN assets ON "
                                "assets.id = price.asset_id WHERE symbol = 'SHARE3'") == "0");
    open.commit();
    shares.waiting.until(completed, "8");
    CHECK(shares.database.value("SELECT count(*) FROM asset_prices WHERE close = 99") == "1");
    CHECK(shares.daemon.stop() == 0);
}

TEST_CASE("history that has come when the daemon is stopped is stored, or its job given back") {
    // More than could be tried one after the other before a daemon that stops is no longer waited for.
    HeldShares shares{40, 10};
    auto open = shares.hold("true");
    shares.daemon.start();
    REQUIRE(shares.market.wait_for(40, "/", std::chrono::seconds{10}));
    ::kill(shares.daemon.process(), SIGTERM);
    shares.daemon.wait_for_log("stopping");
    SUBCASE("and could be stored before it has stopped") {
        open.commit();
        CHECK(shares.daemon.wait_for_exit() == 0);
    }
    SUBCASE("and could not") {
        CHECK(shares.daemon.wait_for_exit() == 0);
        open.commit();
    }
    CHECK(shares.database.value("SELECT count(*) FROM backfill_queue WHERE status = "
                                "'in_progress'") == "0");
    CHECK(
        shares.database.value(
            "SELECT count(*) FROM backfill_queue AS job WHERE (job.status = 'completed') <> EXISTS "
            "(SELECT FROM asset_prices AS price WHERE price.asset_id = job.asset_id AND "
            "price.close <> 99 AND price.timestamp BETWEEN job.start_date AND job.end_date)") ==
        "0");
}
