// Two daemons on one database, one of them stopped in the middle of its drain: whatever the other does meanwhile, and whether
// the first goes on or dies, the outcome is that of one. The fallback poll is an hour here, so that a loss shows.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/recount.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto all_off_but_an_hourly_look =
    "{quotes: off, exchange_rates: off, performance: off, upkeep: off, fallback_poll: 1h}";

constexpr auto outbox = "SELECT count(*) FROM portfoliod.pending_changes";

/// A place in the drain, as a trigger of the test.
struct Place {
    char const* name;
    char const* trigger;
};

constexpr Place places[] = {
    {"has taken the changes", "TRIGGER stop_one AFTER DELETE ON portfoliod.pending_changes"},
    {"is about to count users", "TRIGGER stop_one BEFORE UPDATE ON tracked_assets"},
    {"has counted users", "TRIGGER stop_one BEFORE INSERT ON backfill_queue"},
    {"has read what figures rest on",
     "TRIGGER stop_one BEFORE INSERT ON portfoliod.ledger_checkpoints"},
    {"is about to store figures", "TRIGGER stop_one BEFORE INSERT ON portfolio_performance_cache"},
    {"commits", "CONSTRAINT TRIGGER stop_one AFTER INSERT OR UPDATE ON portfolio_performance_cache "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"},
};

/// Two daemons, and a gate at one place of the drain before which one of them is stopped; the other passes.
class Pair {
  public:
    test::Database database;
    test::Waiting waiting{database};

    Pair() {
        script("CREATE FUNCTION mark_in_hand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               "PERFORM set_config('test.in_hand', 'yes', true); RETURN NULL; END $$; "
               "CREATE TRIGGER mark_in_hand AFTER DELETE ON portfoliod.pending_changes "
               "FOR EACH ROW EXECUTE FUNCTION mark_in_hand(); "
               "CREATE FUNCTION stop_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               // A drain that has changes in its hands; and only whoever has the lock (1, 2).
               "IF current_setting('test.in_hand', true) = 'yes' AND "
               "pg_try_advisory_xact_lock(1, 2) THEN "
               "PERFORM pg_advisory_xact_lock_shared(1, 1); END IF; "
               "RETURN NULL; END $$");
        one_.start();
        waiting.until(drains(), "1");
        first_drain_ = database.value(drains("pid"));
        two_.start();
        waiting.until(drains(), "2");
    }

    void shut_gate(Place const& place) {
        if (!where_.empty()) script("DROP TRIGGER stop_one ON " + where_);
        script(fmt::format("CREATE {} EXECUTE FUNCTION stop_one()", place.trigger));
        where_ =
            database.value("SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = 'stop_one'");
        gate_.emplace(gatekeeper_.begin());
        gate_->execute("SELECT pg_advisory_xact_lock(1, 1)");
    }

    void open_gate() {
        gate_->commit();
        gate_.reset();
    }

    /// Waits until one of the daemons is stopped, and returns its process on the server.
    std::string stopped() {
        auto const waits = " AND wait_event = 'advisory'";
        waiting.until(drains() + waits, "1");
        return database.value(drains("pid") + waits);
    }

    /// Waits until the daemon that is not stopped has looked since now, and gone to sleep.
    void wait_until_the_other_has_looked(std::string const& stopped) {
        auto const now = database.value("SELECT clock_timestamp()");
        waiting.until(fmt::format("{} AND pid <> {} AND state = 'idle' AND query_start > '{}'",
                                  drains(), stopped, now),
                      "1");
    }

    /// Kills the daemon of this server process, and waits until the server has noticed, gate shut.
    void kill(std::string const& stopped) {
        auto& daemon = stopped == first_drain_ ? one_ : two_;
        daemon.kill();
        waiting.until(fmt::format("{} AND pid = {}", drains(), stopped), "0", 10s);
    }

    void start_again(std::string const& killed) {
        auto const other = database.value(drains("pid"));
        auto& daemon = killed == first_drain_ ? one_ : two_;
        daemon.start();
        waiting.until(drains(), "2");
        if (&daemon == &one_)
            first_drain_ = database.value(fmt::format("{} AND pid <> {}", drains("pid"), other));
    }

    void stop() {
        CHECK(one_.stop() == 0);
        CHECK(two_.stop() == 0);
        CHECK_MESSAGE(one_.run("verify") == 0, one_.output());
    }

  private:
    static std::string drains(std::string_view what = "count(*)") {
        return fmt::format("SELECT {} FROM pg_stat_activity WHERE application_name = "
                           "'portfoliod drain' AND datname = current_database()",
                           what);
    }

    void script(std::string const& sql) {
        auto transaction = database.session().begin();
        transaction.execute_script(sql);
        transaction.commit();
    }

    test::MarketServer market_;
    test::Daemon one_{database, market_, all_off_but_an_hourly_look};
    test::Daemon two_{database, market_, all_off_but_an_hourly_look};
    std::string first_drain_; ///< the process on the server of one_
    std::string where_;       ///< the table with the trigger
    db::Session gatekeeper_{{database.url(), "gatekeeper"}};
    std::optional<db::Transaction> gate_;
};

/// So many that the daemon keeps a checkpoint.
void buy_often(test::Database& database, int portfolio, int asset) {
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) SELECT $1, $2, 'buy', 1, 10, '2024-01-02'::date + i "
                 "FROM generate_series(1, 20) AS i",
                 {portfolio, asset});
}

std::string invested(int portfolio) {
    return "SELECT total_invested_usd FROM portfolio_performance_cache WHERE portfolio_id = " +
           std::to_string(portfolio);
}

} // namespace

TEST_CASE(
    "while one daemon is stopped in its drain the other goes on, and the outcome is that of one") {
    Pair pair;
    auto& database = pair.database;
    auto const carol = test::add_portfolio(database, "carol@example.org");
    auto const other_asset = test::add_priced_asset(database, "OTHER");
    for (auto const& place : places) {
        INFO("stopped where it " << std::string{place.name});
        auto const asset = test::add_priced_asset(database, fmt::format("A{}", &place - places));
        auto const ann =
            test::add_portfolio(database, fmt::format("ann{}@example.org", &place - places));
        auto const bob =
            test::add_portfolio(database, fmt::format("bob{}@example.org", &place - places));
        for (auto const known : {asset, other_asset})
            test::buy(database, carol, known, "1", "10", "2024-01-02");
        pair.waiting.until(outbox, "0");

        pair.shut_gate(place);
        buy_often(database, ann, asset);
        auto const stopped = pair.stopped();
        // The same portfolio, the same asset, and something else.
        test::buy(database, ann, asset, "1", "10", "2024-03-02");
        test::sell(database, ann, asset, "3", "12", "2024-03-03");
        test::buy(database, bob, asset, "2", "10", "2024-01-02");
        test::buy(database, bob, other_asset, "2", "10", "2024-01-02");
        pair.waiting.until(invested(bob), "40.00");
        CHECK(pair.stopped() == stopped);
        CHECK(database.value(outbox) != "0");
        pair.open_gate();
        pair.waiting.until(outbox, "0");
        CHECK(test::wrong_by_recount(database) == "nothing");
    }
    pair.stop();
}

TEST_CASE("a daemon that dies with changes in its hands leaves them to one that had found nothing "
          "to do") {
    Pair pair;
    auto& database = pair.database;
    for (auto const& place : places) {
        INFO("killed where it " << std::string{place.name});
        auto const asset = test::add_priced_asset(database, fmt::format("A{}", &place - places));
        auto const ann =
            test::add_portfolio(database, fmt::format("ann{}@example.org", &place - places));
        pair.waiting.until(outbox, "0");

        pair.shut_gate(place);
        buy_often(database, ann, asset);
        auto const stopped = pair.stopped();
        pair.wait_until_the_other_has_looked(stopped);
        CHECK(database.value(outbox) == "1");
        pair.kill(stopped);
        pair.open_gate();
        // Nobody is told: the other looks once a second while the outbox is not empty.
        pair.waiting.until(outbox, "0", 10s);
        CHECK(database.value(invested(ann)) == "200.00");
        CHECK(test::wrong_by_recount(database) == "nothing");
        pair.start_again(stopped);
    }
    pair.stop();
}
