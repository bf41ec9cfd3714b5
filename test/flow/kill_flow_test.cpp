// kill -9 at every step of the drain, while trades come in: what is derived equals a full recount, and nothing is left over.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/recount.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <iterator>
#include <random>
#include <thread>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto all_off_but_an_hourly_look =
    "{quotes: off, exchange_rates: off, performance: off, upkeep: off, fallback_poll: 1h}";

constexpr auto outbox = "SELECT count(*) FROM portfoliod.pending_changes";
constexpr auto bell_holders =
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND objid = 1 "
    "AND mode = 'ExclusiveLock' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
/// Whose transaction has written.
constexpr auto drains_in_progress =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portfoliod drain' AND "
    "backend_xid IS NOT NULL AND datname = current_database()";
constexpr auto drains_that_wait =
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'portfoliod drain' AND "
    "wait_event_type = 'Lock' AND datname = current_database()";

/// Where a daemon is when it is killed. The first are waits for a lock that the test holds.
struct Moment {
    char const* name;
    char const* lock;   ///< "" = none
    bool holds_writers; ///< writers wait for it as well
};

constexpr Moment moments[] = {
    {"taking changes", "LOCK TABLE portfoliod.pending_changes IN EXCLUSIVE MODE", true},
    {"counting users", "LOCK TABLE tracked_assets IN SHARE MODE", false},
    {"requesting history", "LOCK TABLE backfill_queue IN SHARE MODE", false},
    {"locking portfolios", "LOCK TABLE portfolios IN EXCLUSIVE MODE", true},
    {"keeping checkpoints", "LOCK TABLE portfoliod.ledger_checkpoints IN SHARE MODE", false},
    {"storing figures", "LOCK TABLE portfolio_performance_cache IN SHARE MODE", true},
    {"committing", "SELECT pg_advisory_xact_lock(1, 1)", false},
    {"some time after a trade", "", false},
    {"some lines after its start", "", false},
    {"holding the doorbell", "", false},
    {"falling asleep", "", false},
};

bool is(Moment const& moment, std::string_view name) { return moment.name == name; }

/// Passes time as a busy machine does.
void dawdle(std::chrono::microseconds time) {
    auto const end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

std::chrono::microseconds some(std::chrono::microseconds most, std::mt19937& random) {
    return std::chrono::microseconds{std::uniform_int_distribution{0L, most.count()}(random)};
}

int rounds() {
    auto const* const wanted = std::getenv("PORTFOLIOD_TEST_ROUNDS");
    return wanted ? std::atoi(wanted) : 44;
}

/// The database, and what happens to it. Every asset has its price, so that none comes later and
/// mends what a killed daemon lost.
class World {
  public:
    test::Database database;

    World() {
        database.run("INSERT INTO users (email, password_hash) VALUES ('many@example.org', 'x')");
        database.run("INSERT INTO portfolios (user_id, name) SELECT users.id, 'one of many' "
                     "FROM users, generate_series(1, 80)");
        auto transaction = database.session().begin();
        transaction.execute_script(
            "CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_advisory_xact_lock_shared(1, 1); RETURN NULL; END $$; "
            "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE ON "
            "portfolio_performance_cache DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            "EXECUTE FUNCTION wait_for_the_test()");
        transaction.commit();
        hot_ = test::add_priced_asset(database, "HOT");
    }

    /// All many portfolios buy at once: a busy batch.
    void flood(db::Session& session) const {
        auto transaction = session.begin();
        transaction.execute(
            "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
            "timestamp) SELECT f.id, $1, 'buy', 2, 10, '2024-01-02' FROM portfolios f "
            "WHERE name = 'one of many' ORDER BY f.id",
            {hot_});
        transaction.commit();
    }

    /// One of many trades, or has a trade corrected or taken back; what the ledger refuses is no trade.
    void trade(db::Session& session, std::mt19937& random) const {
        constexpr auto some = "(SELECT id FROM transactions WHERE asset_id = $1 AND portfolio_id = "
                              "$2 ORDER BY id DESC LIMIT 1)";
        auto const what = random() % 5;
        auto const portfolio = static_cast<int>(1 + random() % 80);
        try {
            auto transaction = session.begin();
            if (what < 3)
                transaction.execute(
                    "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                    "quantity, price, timestamp) VALUES ($2, $1, $3, 1, 11, '2024-02-02')",
                    {hot_, portfolio, what < 2 ? "buy" : "sell"});
            else if (what == 3)
                transaction.execute(
                    fmt::format("UPDATE transactions SET quantity = 3 WHERE id = {}", some),
                    {hot_, portfolio});
            else
                transaction.execute(fmt::format("DELETE FROM transactions WHERE id = {}", some),
                                    {hot_, portfolio});
            transaction.commit();
        } catch (db::Error const& e) {
            // More sold than held; or two that met in a deadlock.
            if (e.sqlstate != "23514" && e.sqlstate != "40P01") throw;
        }
    }

  private:
    int hot_ = 0;
};

/// Somebody who trades all the time, on a thread of his own.
class Trader {
  public:
    Trader(World& world, unsigned seed) : world_(world), random_(seed) {
        thread_ = std::thread{[this] { run(); }};
    }

    Trader(Trader const&) = delete;
    Trader& operator=(Trader const&) = delete;

    ~Trader() {
        ending_ = true;
        flooding_ = true;
        flooding_.notify_one();
        thread_.join();
    }

    /// Trades come as a flood; otherwise there are none.
    void flood(bool on) {
        flooding_ = on;
        flooding_.notify_one();
    }

  private:
    void run() {
        try {
            db::Session session{{world_.database.url(), "trader"}};
            for (;;) {
                flooding_.wait(false);
                if (ending_) return;
                if (random_() % 3 == 0)
                    world_.trade(session, random_);
                else
                    world_.flood(session);
                dawdle(some(20ms, random_));
            }
        } catch (std::exception const& e) {
            FAIL_CHECK("the trader gave up: " << e.what());
        }
    }

    World& world_;
    std::mt19937 random_;
    std::atomic<bool> flooding_ = false;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

/// What happens in one round to a portfolio and an asset that no other round touches: what is lost of it is not found
/// again by chance.
void trade_and_correct(test::Database& database, int portfolio, int asset, std::mt19937& random) {
    auto const trades = 16 + random() % 4; // enough for a checkpoint
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) SELECT $1, $2, 'buy', 1, 10, '2024-01-02'::date + i "
                 "FROM generate_series(1, $3) AS i",
                 {portfolio, asset, static_cast<int>(trades)});
    test::sell(database, portfolio, asset, "2", "12", "2024-03-04");
    if (random() % 2 == 0)
        database.run("UPDATE transactions SET quantity = 5, price = 9 WHERE id = (SELECT min(id) "
                     "FROM transactions WHERE portfolio_id = $1)",
                     {portfolio});
    if (random() % 2 == 0)
        database.run("DELETE FROM transactions WHERE id = (SELECT max(id) FROM transactions "
                     "WHERE portfolio_id = $1)",
                     {portfolio});
}

} // namespace

TEST_CASE("whenever a daemon is killed, what is derived equals a full recount in the end") {
    World world;
    auto& database = world.database;
    test::MarketServer market;
    test::Daemon daemon{database, market, all_off_but_an_hourly_look};
    test::Waiting waiting{database};
    std::mt19937 random{11};
    Trader trader{world, 12};
    Trader other{world, 13};
    auto const flood = [&](bool on) {
        trader.flood(on);
        other.flood(on);
    };
    auto with_changes_in_hand = 0;
    auto const kill = [&] {
        with_changes_in_hand += database.value(drains_in_progress) != "0" ? 1 : 0;
        daemon.kill();
    };
    db::Session gatekeeper{{database.url(), "gatekeeper"}};
    db::Session slow{{database.url(), "slow"}};

    auto const last = rounds();
    for (auto round = 0; round < last; ++round) {
        auto const& moment = moments[static_cast<std::size_t>(round) % std::size(moments)];
        INFO("round " << round << ": " << std::string{moment.name});
        auto const portfolio = test::add_portfolio(database, fmt::format("{}@example.org", round));
        auto const asset = test::add_priced_asset(database, fmt::format("A{}", round));
        auto const trade = [&] { trade_and_correct(database, portfolio, asset, random); };
        if (*moment.lock != '\0') {
            flood(random() % 2 == 0);
            auto const trade_first = moment.holds_writers || random() % 2 == 0;
            if (trade_first)
                trade();
            else
                daemon.start();
            auto gate = gatekeeper.begin();
            gate.execute(moment.lock);
            if (trade_first)
                daemon.start_unready();
            else
                trade();
            waiting.until(drains_that_wait, "t");
            kill();
            if (random() % 2 == 0) {
                // The next one meets the transaction that this one has left behind.
                daemon.start_unready();
                gate.commit();
                dawdle(some(30ms, random));
                kill();
            }
        } else if (is(moment, "some time after a trade")) {
            flood(random() % 2 == 0);
            daemon.start();
            trade();
            dawdle(some(40ms, random));
            kill();
        } else if (is(moment, "some lines after its start")) {
            flood(random() % 2 == 0);
            trade();
            daemon.start_unready();
            daemon.wait_for_lines(static_cast<int>(1 + random() % 12), 300ms);
            kill();
        } else {
            daemon.start();
            flood(true);
            waiting.until(bell_holders, "1");
            // Written in silence, and not done before the daemon dies and another has looked.
            auto silent = slow.begin();
            silent.execute(
                "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                "quantity, price, timestamp) VALUES ($1, $2, 'buy', 3, 10, '2024-01-02')",
                {portfolio, asset});
            flood(false);
            if (is(moment, "falling asleep")) daemon.wait_for_log("the doorbell is free");
            kill();
            daemon.start();
            waiting.until(outbox, "0");
            waiting.until(bell_holders, "0");
            silent.commit();
            waiting.until(outbox, "0");
            kill();
        }
    }
    flood(false);
    daemon.start();
    waiting.until(outbox, "0");
    waiting.until(bell_holders, "0");
    CHECK(daemon.stop() == 0);
    CHECK(test::wrong_by_recount(database) == "nothing");
    CHECK_MESSAGE(daemon.run("verify") == 0, daemon.output());
    // Otherwise nothing was tried here.
    CHECK(with_changes_in_hand > last / 3);
    MESSAGE("killed with changes in hand in " << with_changes_in_hand << " of " << last
                                              << " rounds");
}
