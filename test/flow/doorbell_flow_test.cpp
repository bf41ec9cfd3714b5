// The doorbell: under load writers need not notify, and however a daemon falls asleep or dies, nothing that was written
// in silence is forgotten. The fallback poll is an hour here, so that a loss shows.
#include "base/spawn.hpp"
#include "bus/drain.hpp"
#include "bus/listener.hpp"
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <thread>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto outbox = "SELECT count(*) FROM portfoliod.pending_changes";
constexpr auto holders =
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND objid = 1 "
    "AND mode = 'ExclusiveLock' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
/// It looked, and found nothing or writers to wait for.
constexpr auto drain_at_rest =
    "SELECT bool_and(state = 'idle' AND state_change < clock_timestamp() - interval '300 ms') "
    "FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = 'portfoliod drain'";
constexpr auto all_off_but_an_hourly_look =
    "{quotes: off, exchange_rates: off, performance: off, upkeep: off, fallback_poll: 1h}";

/// The part of a daemon that hears and drains, on a thread of its own.
class Bus {
  public:
    Bus(test::Database const& database, bus::DoorbellPolicy policy)
        : lane_({database.url(), "drain"}, 1)
        , spare_({database.url(), "doorbell"}, 1)
        , doorbell_(loop_.get_executor(), lane_, spare_, policy)
        , drain_(loop_.get_executor(), lane_, doorbell_, clock_, {}, 1h)
        , listener_(loop_.get_executor(), {database.url(), "listener"}, clock_,
                    {.changed = [this] { drain_.ring(); },
                     .market_changed = [this] { drain_.ring_for_market(); },
                     .doorbell_taken = [this] { drain_.ring_for_silence(); },
                     .backfill_requested = [] {},
                     .assume_everything_was_missed = [this] { drain_.ring_for_everything(); },
                     .leadership = [](bool) {}}) {
        doorbell_.on_free([this] { drain_.ring(); });
        tasks_.spawn("drain", drain_.run());
        tasks_.spawn("doorbell", doorbell_.watch());
        tasks_.spawn("listener", listener_.run());
        thread_ = std::thread{[this] { loop_.run(); }};
    }

    Bus(Bus const&) = delete;
    Bus& operator=(Bus const&) = delete;

    ~Bus() {
        boost::asio::post(loop_, [this] { tasks_.stop(); });
        thread_.join();
    }

  private:
    boost::asio::io_context loop_{1};
    SystemClock clock_;
    Tasks tasks_{loop_.get_executor(), [](std::string_view task, std::exception_ptr const& error) {
                     FAIL_CHECK(task << " failed: " << describe(error));
                 }};
    db::Lane lane_;
    db::Lane spare_;
    bus::Doorbell doorbell_;
    bus::Drain drain_;
    bus::Listener listener_;
    std::thread thread_;
};

void insert(db::Transaction& transaction, int portfolio, int asset) {
    transaction.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                        "quantity, price, timestamp) VALUES ($1, $2, 'buy', 1, 10, '2024-01-02')",
                        {portfolio, asset});
}

/// Passes time as a busy machine does.
void dawdle(std::chrono::microseconds time) {
    auto const end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

int rounds() {
    auto const* const wanted = std::getenv("PORTFOLIOD_TEST_ROUNDS");
    return wanted ? std::atoi(wanted) : 300;
}

} // namespace

TEST_CASE(
    "a change written in silence is in nobody's mind but the outbox's: its writer is awaited") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    database.run("DELETE FROM portfoliod.pending_changes");
    db::Listening ear{{database.url(), "ear"}, {"transaction_created"}};
    db::Session daemon{{database.url(), "daemon"}};
    db::Session user{{database.url(), "user"}};
    auto const ask = [&](std::string const& what) {
        auto transaction = daemon.begin();
        auto const answer = transaction.execute("SELECT " + what).one();
        auto text = answer.is_null(0) ? "NULL" : answer.string(0);
        transaction.commit();
        return text;
    };
    CHECK(ask("portfoliod.take_doorbell()") == "t");
    CHECK(ask("portfoliod.take_doorbell()") == "t"); // and one release is enough
    auto writing = user.begin();
    insert(writing, portfolio, asset);
    // Falling asleep without asking who is writing: the bell is free, the outbox is empty …
    CHECK(ask("cardinality(portfoliod.release_doorbell())") == "1");
    CHECK(database.value(holders) == "0");
    CHECK(ask("empty AND rings FROM portfoliod.may_sleep()") == "t");
    // … and then there is a change of which nobody was told.
    writing.commit();
    ear.probe();
    CHECK(ear.take().empty());
    CHECK(ask("empty FROM portfoliod.may_sleep()") == "f");
    CHECK(ask("cardinality(portfoliod.outbox_writers())") == "0");
    auto later = user.begin();
    insert(later, portfolio, asset);
    later.commit();
    ear.probe();
    CHECK(ear.take().size() == 1);
}

TEST_CASE("falling asleep among writers that hold their changes back loses none") {
    test::Database database;
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    std::vector<int> portfolios;
    for (auto i = 0; i < 3; ++i)
        portfolios.push_back(test::add_portfolio(database, fmt::format("user{}@example.org", i)));
    test::Waiting waiting{database};
    // Every batch takes the bell, and the first pass without one gives it back.
    Bus const bus{database, {true, 1, 1, 1, {4, 1ms, 2s}}};
    std::vector<std::unique_ptr<db::Session>> users;
    for (auto i = 0; i < 3; ++i)
        users.push_back(std::make_unique<db::Session>(db::SessionOptions{database.url(), "user"}));

    std::mt19937 random{7};
    auto const some = [&](int most) {
        return std::chrono::microseconds{std::uniform_int_distribution{0, most}(random)};
    };
    auto silent = 0;
    db::Listening ear{{database.url(), "ear"}, {"transaction_created"}};
    auto const last = rounds();
    for (auto round = 0; round < last; ++round) {
        std::vector<db::Transaction> open;
        std::vector<std::size_t> uncommitted;
        for (auto i = 0U; i < users.size(); ++i) {
            open.push_back(users[i]->begin());
            if (random() % 2) open[i].execute_script("SAVEPOINT here");
            insert(open[i], portfolios[i], asset);
            if (random() % 4 == 0) {
                open[i].execute_script("SAVEPOINT there");
                insert(open[i], portfolios[i], asset);
                open[i].execute_script("ROLLBACK TO there");
            }
            dawdle(some(3000));
            if (random() % 2)
                open[i].commit();
            else
                uncommitted.push_back(i);
            dawdle(some(3000));
        }
        std::ranges::shuffle(uncommitted, random);
        for (auto const i : uncommitted) {
            open[i].commit();
            dawdle(some(1000));
        }
        waiting.until(outbox, "0", 10s);
        ear.probe();
        silent += 3 - static_cast<int>(ear.take().size());
    }
    CHECK(database.value("SELECT string_agg(trim_scale(quantity)::text, ' ') "
                         "FROM portfolio_positions") == fmt::format("{0} {0} {0}", last));
    CHECK(database.value("SELECT count(*) FROM portfolio_performance_cache WHERE "
                         "total_invested_usd = " +
                         std::to_string(10 * last)) == "3");
    // Otherwise nothing was tried here.
    CHECK(silent > last / 10);
    MESSAGE(silent << " of " << 3 * last << " changes were written in silence");
}

TEST_CASE("whoever waits for the bell of a daemon that dies finds what was written in silence") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, all_off_but_an_hourly_look};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    auto peer = std::make_unique<db::Session>(db::SessionOptions{database.url(), "peer"});
    {
        auto transaction = peer->begin();
        REQUIRE(transaction.execute("SELECT portfoliod.take_doorbell()").one().boolean(0));
        transaction.commit();
    }
    daemon.start();
    // A price notifies whatever the bell says: after it the daemon has looked, and found the bell taken.
    database.run("INSERT INTO asset_prices (asset_id, timestamp, close) "
                 "VALUES ($1, '2024-01-02', 10)",
                 {asset});
    waiting.until(outbox, "0");
    waiting.until("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                  "AND application_name = 'portfoliod doorbell'",
                  "1");
    test::buy(database, portfolio, asset, "1", "10", "2024-01-02");
    CHECK(database.value(outbox) != "0");
    peer.reset();
    waiting.until("SELECT tracking_users FROM tracked_assets", "1");
    waiting.until(outbox, "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE(
    "a change written in silence whose writer is not done when the bell's holder dies is found") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, all_off_but_an_hourly_look};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    daemon.start();
    waiting.until(outbox, "0");
    // The daemon is asleep when its peer takes the bell, and is told so.
    auto peer = std::make_unique<db::Session>(db::SessionOptions{database.url(), "peer"});
    {
        auto transaction = peer->begin();
        REQUIRE(transaction.execute("SELECT portfoliod.take_doorbell()").one().boolean(0));
        transaction.commit();
    }
    waiting.until("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() "
                  "AND application_name = 'portfoliod doorbell'",
                  "t");
    db::Session user{{database.url(), "user"}};
    auto writing = user.begin();
    insert(writing, portfolio, asset);
    peer.reset();
    waiting.until(holders, "0");
    // A price makes the daemon look while the writer is not done yet.
    database.run("INSERT INTO asset_prices (asset_id, timestamp, close) "
                 "VALUES ($1, '2024-01-02', 10)",
                 {asset});
    waiting.until(outbox, "0");
    writing.commit();
    waiting.until("SELECT tracking_users FROM tracked_assets", "1");
    waiting.until(outbox, "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE(
    "a bell that was taken and freed before the daemon could ask leaves no silent writer behind") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, all_off_but_an_hourly_look};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    daemon.start();
    test::buy(database, portfolio, asset, "1", "10", "2024-01-02");
    waiting.until("SELECT tracking_users FROM tracked_assets", "1");
    waiting.until(drain_at_rest, "t");
    // The drain is busy with a sale: it waits for a table.
    db::Session somebody{{database.url(), "somebody"}};
    auto holding = somebody.begin();
    holding.execute("LOCK TABLE tracked_assets IN SHARE MODE");
    test::sell(database, portfolio, asset, "1", "10", "2024-01-03");
    waiting.until("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                  "application_name = 'portfoliod drain' AND wait_event_type = 'Lock'",
                  "1");
    db::Session user{{database.url(), "user"}};
    auto peer = std::make_unique<db::Session>(db::SessionOptions{database.url(), "peer"});
    {
        auto transaction = peer->begin();
        REQUIRE(transaction.execute("SELECT portfoliod.take_doorbell()").one().boolean(0));
        transaction.commit();
    }
    auto writing = user.begin();
    insert(writing, portfolio, asset);
    peer.reset();
    waiting.until(holders, "0");
    holding.commit();
    waiting.until("SELECT tracking_users FROM tracked_assets", "0");
    waiting.until(drain_at_rest, "t");
    writing.commit();
    waiting.until("SELECT tracking_users FROM tracked_assets", "1");
    waiting.until(outbox, "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a person's pace always notifies, and a flood ends with the bell free") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, all_off_but_an_hourly_look};
    test::Waiting waiting{database};
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    // Of today: no past day is to be valued for tens of thousands.
    auto const today = database.value("SELECT (now() AT TIME ZONE 'UTC')::date");
    daemon.start();
    db::Listening ear{{database.url(), "ear"}, {"transaction_created"}};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    for (auto i = 0; i < 20; ++i) test::buy(database, portfolio, asset, "1", "10", today);
    ear.probe();
    CHECK(ear.take().size() == 20);
    waiting.until(outbox, "0");

    // More than the drain takes in three batches.
    database.run("INSERT INTO users (email, password_hash) "
                 "SELECT 'f' || i || '@example.org', 'x' FROM generate_series(1, 40000) AS i");
    database.run("INSERT INTO portfolios (user_id, name) SELECT id, 'p' FROM users");
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) SELECT id, $1, 'buy', 1, 10, $2 FROM portfolios",
                 {asset, today});
    daemon.wait_for_log("the doorbell is taken");
    waiting.until(outbox, "0");
    test::buy(database, portfolio, asset, "1", "10", today);
    waiting.until(outbox, "0");
    // The bell is given back in silence: asked for as another daemon would.
    CHECK(database.value("SELECT portfoliod.wait_for_doorbell('20 s')") == "t");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("in a run of trades it is not asked after each whether to sleep") {
    test::Database database;
    test::MarketServer market;
    database.run(fmt::format("ALTER DATABASE {} SET track_functions TO 'all'", database.name()));
    test::Daemon daemon{database, market};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_priced_asset(database, "AAPL");
    test::Waiting waiting{database};
    daemon.start();
    constexpr auto trades = 100;
    for (auto trade = 1; trade <= trades; ++trade) {
        test::buy(database, portfolio, asset, "1", "7",
                  database.value("SELECT now() AT TIME ZONE 'UTC'"));
        waiting.until("SELECT current_value_usd FROM portfolio_performance_cache",
                      fmt::format("{}.00", 7 * trade));
    }
    CHECK(daemon.stop() == 0);
    // A session tells what it called when it ends.
    waiting.until("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                  "application_name LIKE 'portfoliod%'",
                  "0");
    auto const calls_of = [&](std::string const& function) {
        return std::stoi(database.value("SELECT coalesce(sum(calls), 0) FROM "
                                        "pg_stat_user_functions WHERE funcname = $1",
                                        {function}));
    };
    CHECK(calls_of("take_changes") >= trades);
    CHECK(calls_of("may_sleep") < trades);
}

TEST_CASE("a doorbell held by somebody who is no daemon delays figures to the fallback poll, and "
          "loses none") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market,
                        "{quotes: off, exchange_rates: off, performance: off, upkeep: off, "
                        "fallback_poll: 1s}"};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    daemon.start();
    waiting.until(outbox, "0");
    db::Session application{{database.url(), "application"}};
    auto held = application.begin();
    held.execute_script("SET ROLE portfolio_app; SELECT pg_advisory_lock(7001, 1)");
    test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
    waiting.until("SELECT total_invested_usd FROM portfolio_performance_cache", "100.00");
    // Now the daemon knows that it will hear nothing.
    test::buy(database, portfolio, asset, "1", "100", "2026-03-03");
    waiting.until("SELECT total_invested_usd FROM portfolio_performance_cache", "200.00");
    CHECK(daemon.stop() == 0);
}
