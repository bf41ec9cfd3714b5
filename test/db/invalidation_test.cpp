#include "bus/channels.hpp"
#include "db/listening.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using test::buy;

// What a trade does to the cache and to the doorbell, and that it waits for neither.

namespace {

/// Portfolio 1 with fresh figures, asset 1.
struct Ledger : test::Database {
    Ledger() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        buy(*this, 1, 1, "10", "100", "2026-01-10");
        run("INSERT INTO portfolio_performance_cache (portfolio_id, current_value_usd, "
            "total_invested_usd) VALUES (1, 1000, 1000)");
        run("DELETE FROM portfoliod.pending_changes");
    }

    /// How old the figures claim to be, in whole minutes.
    std::string age() {
        return value(
            "SELECT (extract(epoch FROM (now() AT TIME ZONE 'UTC') - last_updated) / 60)::int "
            "FROM portfolio_performance_cache");
    }

    std::string changes() { return value("SELECT count(*) FROM portfoliod.pending_changes"); }
};

constexpr auto purchase = "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                          "quantity, price, timestamp) VALUES (1, 1, 'buy', 1, 100, '2026-02-10')";

} // namespace

TEST_CASE(
    "a new, a changed and a removed trade each mark the cache as an hour old, figures untouched") {
    Ledger ledger;
    char const* const changes[] = {
        purchase,
        "UPDATE transactions SET price = 90 WHERE id = 2",
        "DELETE FROM transactions WHERE id = 2",
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
        "timestamp) VALUES (1, 1, 'buy', 1, 100, '2026-02-10'), (1, 1, 'buy', 1, 100, "
        "'2026-02-11')",
        "INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) "
        "VALUES (1, '2026-02-01', 2, 1)",
        "TRUNCATE transactions",
    };
    for (auto const* const change : changes) {
        CAPTURE(std::string{change});
        ledger.run(
            "UPDATE portfolio_performance_cache SET last_updated = now() AT TIME ZONE 'UTC'");
        CHECK(ledger.age() == "0");
        ledger.run(change);
        CHECK(ledger.age() == "60");
    }
    CHECK(ledger.value("SELECT current_value_usd FROM portfolio_performance_cache") == "1000.00");
}

TEST_CASE("a cache that is marked already is not written again") {
    Ledger ledger;
    ledger.run(purchase);
    auto const version = ledger.value("SELECT ctid FROM portfolio_performance_cache");
    ledger.run("UPDATE transactions SET price = 1");
    ledger.run("DELETE FROM transactions WHERE id = 2");
    CHECK(ledger.value("SELECT ctid FROM portfolio_performance_cache") == version);
}

TEST_CASE("a trade does not wait for a session that is refreshing the cache") {
    Ledger ledger;
    db::Session daemon{{ledger.url(), "test"}};
    auto refresh = daemon.begin();
    refresh.execute("SELECT FROM portfolio_performance_cache FOR UPDATE");
    {
        auto transaction = ledger.session().begin();
        transaction.execute_script("SET LOCAL lock_timeout TO '2s'");
        transaction.execute(purchase);
        transaction.execute("UPDATE transactions SET price = 1 WHERE id = 2");
        transaction.commit();
    }
    CHECK(ledger.changes() == "2");
    CHECK(ledger.age() == "0");
}

TEST_CASE("under REPEATABLE READ a refresh that came between does not fail the trade") {
    Ledger ledger;
    char const* const levels[] = {"REPEATABLE READ", "SERIALIZABLE"};
    for (auto const* const level : levels) {
        CAPTURE(std::string{level});
        ledger.run(
            "UPDATE portfolio_performance_cache SET last_updated = now() AT TIME ZONE 'UTC'");
        db::Session user{{ledger.url(), "test"}};
        auto transaction = user.begin();
        transaction.execute_script(std::string{"SET TRANSACTION ISOLATION LEVEL "} + level);
        transaction.execute(
            "SELECT count(*) FROM portfolio_performance_cache"); // the snapshot is taken
        ledger.run("UPDATE portfolio_performance_cache SET current_value_usd = 1001, "
                   "last_updated = now() AT TIME ZONE 'UTC'");
        transaction.execute(purchase);
        transaction.commit();
    }
    CHECK(ledger.value("SELECT trim_scale(quantity) FROM portfolio_positions") == "12");
    CHECK(ledger.changes() == "2");
}

TEST_CASE("while the doorbell is held trades go to the outbox in silence, and prices are still "
          "announced") {
    Ledger ledger;
    db::Listening ear{{ledger.url(), "test"}, bus::channels::listened()};
    db::Session daemon{{ledger.url(), "test"}};
    auto awake = daemon.begin();
    REQUIRE(awake.execute("SELECT pg_try_advisory_lock(7001, 1)").one().boolean(0));
    ledger.run(purchase);
    ledger.run("UPDATE transactions SET price = 1 WHERE id = 2");
    ledger.run("DELETE FROM transactions WHERE id = 2");
    CHECK(ledger.changes() == "3");
    ear.probe();
    CHECK(ear.take().empty());
    ledger.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (1, '2026-02-10', 1)");
    ear.probe();
    auto const heard = ear.take();
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].channel == bus::channels::prices_updated);

    REQUIRE(awake.execute("SELECT pg_advisory_unlock(7001, 1)").one().boolean(0));
    ledger.run(purchase);
    ear.probe();
    CHECK(ear.take().size() == 1);
    // The trigger's own try left nothing behind.
    CHECK(awake.execute("SELECT pg_try_advisory_lock(7001, 1)").one().boolean(0));
}

TEST_CASE("two sessions trading the same position wait for one another and neither is lost") {
    Ledger ledger;
    db::Session other{{ledger.url(), "test"}};
    auto theirs = other.begin();
    theirs.execute(purchase);
    {
        auto mine = ledger.session().begin();
        mine.execute_script("SET LOCAL lock_timeout TO '50ms'");
        CHECK_THROWS_AS(mine.execute(purchase), db::Error);
    }
    theirs.commit();
    ledger.run(purchase);
    CHECK(ledger.value("SELECT trim_scale(quantity) FROM portfolio_positions") == "12");
}
