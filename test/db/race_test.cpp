#include "bus/drain.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <future>
#include <set>

using namespace portfoliod;
using namespace std::string_view_literals;

// What another session commits between the look of one at the tables and its commit: a first trade has no row of a position yet at
// which the two would meet.

namespace {

constexpr std::string_view serialization_failure = "40001";
constexpr std::string_view first_trade =
    "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
    "timestamp) VALUES (1, 1, 'buy', 10, 100, '2026-01-10')";
constexpr std::string_view two_for_one = "INSERT INTO asset_splits (asset_id, ex_date, numerator, "
                                         "denominator) VALUES (1, '2026-02-01', 2, 1)";

/// Portfolio 1 of ann, portfolio 2 of ben, asset 1.
struct Ledger : test::Database {
    Ledger() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_portfolio(*this, "ben@example.org") == 2);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
    }

    std::string held() { return value("SELECT trim_scale(quantity) FROM portfolio_positions"); }

    void drain() {
        auto transaction = session().begin();
        bus::drain_batch(transaction, SystemClock{}.today(), {});
        transaction.commit();
    }

    /// Somebody's first trade, entered and not yet committed, or what is done about it at that moment.
    db::Session other{{url(), "test"}};
};

/// A transaction whose snapshot is taken.
db::Transaction looking(db::Session& session, std::string_view level) {
    auto transaction = session.begin();
    transaction.execute_script(fmt::format("SET TRANSACTION ISOLATION LEVEL {}", level));
    transaction.execute("SELECT count(*) FROM portfolio_positions");
    return transaction;
}

/// The SQLSTATE with which it was refused; "" = it was not.
std::string refused(db::Transaction& transaction, std::string_view sql) {
    try {
        transaction.execute(sql);
        transaction.commit();
    } catch (db::Error const& e) {
        return e.sqlstate;
    }
    return "";
}

/// Whether it has to wait for the other session, and is done when that one commits.
bool waits_for(db::Transaction& other, Ledger& ledger, std::string_view sql) {
    auto done = std::async(std::launch::async, [&] { ledger.run(sql); });
    auto watcher = db::Session{{ledger.url(), "watcher"}};
    auto waiting = false;
    for (auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
         !waiting && std::chrono::steady_clock::now() < deadline;) {
        if (done.wait_for(std::chrono::milliseconds{1}) == std::future_status::ready) break;
        auto look = watcher.begin();
        waiting = look.execute("SELECT EXISTS (SELECT FROM pg_locks AS lock JOIN pg_stat_activity "
                               "AS a USING (pid) WHERE NOT lock.granted AND a.datname = "
                               "current_database())")
                      .one()
                      .boolean(0);
    }
    other.commit();
    done.get();
    return waiting;
}

} // namespace

TEST_CASE("a first trade whose snapshot is older than a split is refused, and counts it when "
          "entered again") {
    for (auto const* const level : {"REPEATABLE READ", "SERIALIZABLE"}) {
        CAPTURE(std::string{level});
        Ledger ledger;
        {
            auto trade = looking(ledger.other, level);
            ledger.run(two_for_one);
            CHECK(refused(trade, first_trade) == serialization_failure);
        }
        auto trade = looking(ledger.other, level);
        CHECK(refused(trade, first_trade) == "");
        CHECK(ledger.held() == "20");
    }
}

TEST_CASE("splits are changed only where all trades are seen, and their refusal says how") {
    Ledger ledger;
    ledger.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES "
               "(1, '2026-03-01', 3, 1)");
    for (auto const change :
         {two_for_one, "UPDATE asset_splits SET numerator = 4"sv, "DELETE FROM asset_splits"sv,
          "TRUNCATE asset_splits"sv, "TRUNCATE transactions"sv}) {
        CAPTURE(std::string{change});
        auto late = looking(ledger.other, "REPEATABLE READ");
        try {
            late.execute(change);
            FAIL_CHECK("it was done");
        } catch (db::Error const& e) {
            CHECK(std::string{e.what()}.find("READ COMMITTED") != std::string::npos);
        }
    }
    CHECK(ledger.value("SELECT count(*) FROM asset_splits") == "1");
}

TEST_CASE("a split and a first trade that meet wait for one another, whoever comes first") {
    Ledger ledger;
    SUBCASE("the trade") {
        auto trade = ledger.other.begin();
        trade.execute(first_trade);
        CHECK(waits_for(trade, ledger, two_for_one));
    }
    SUBCASE("the split") {
        auto split = ledger.other.begin();
        split.execute(two_for_one);
        CHECK(waits_for(split, ledger, first_trade));
    }
    CHECK(ledger.held() == "20");
}

TEST_CASE("an asset's currency and its first trade that meet wait for one another, and figures are "
          "in the new one") {
    constexpr std::string_view in_francs = "UPDATE assets SET native_currency = 'CHF' WHERE id = 1";
    Ledger ledger;
    ledger.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) "
               "VALUES ('CHF', 2, '2026-01-01')");
    SUBCASE("the trade comes first") {
        auto trade = ledger.other.begin();
        trade.execute(first_trade);
        CHECK(waits_for(trade, ledger, in_francs));
    }
    SUBCASE("the currency comes first") {
        auto change = ledger.other.begin();
        change.execute(in_francs);
        CHECK(waits_for(change, ledger, first_trade));
    }
    SUBCASE("other columns keep nobody waiting") {
        auto change = ledger.other.begin();
        change.execute("UPDATE assets SET name = 'Tesla', native_currency = 'USD'");
        ledger.run(first_trade);
        change.commit();
        ledger.run(in_francs);
    }
    SUBCASE("a snapshot that does not see all trades is refused") {
        auto late = looking(ledger.other, "REPEATABLE READ");
        ledger.run(first_trade);
        CHECK(refused(late, in_francs) == "55000");
        ledger.run(in_francs);
    }
    ledger.drain();
    CHECK(ledger.value("SELECT total_invested_usd FROM portfolio_performance_cache") == "2000.00");
}

TEST_CASE("a portfolio handed over while somebody enters its first trade is counted for its new "
          "owner") {
    Ledger ledger;
    test::buy(ledger, 2, 1, "1", "100", "2026-01-05");
    ledger.drain();
    REQUIRE(ledger.value("SELECT tracking_users FROM tracked_assets") == "1");
    for (auto const* const level : {"READ COMMITTED", "REPEATABLE READ"}) {
        CAPTURE(std::string{level});
        ledger.run("UPDATE portfolios SET user_id = 1 WHERE id = 1");
        ledger.run("DELETE FROM transactions WHERE portfolio_id = 1");
        auto handing_over = looking(ledger.other, level);
        handing_over.execute("UPDATE portfolios SET user_id = 2 WHERE id = 1");
        ledger.run(first_trade);
        ledger.drain(); // counted for ann
        REQUIRE(ledger.value("SELECT tracking_users FROM tracked_assets") == "2");
        handing_over.commit();
        ledger.drain();
        CHECK(ledger.value("SELECT tracking_users FROM tracked_assets") == "1");
        CHECK(ledger.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
    }
}

TEST_CASE("rates of the currency a portfolio is to be shown in are asked for at once") {
    Ledger ledger;
    ledger.run(first_trade);
    ledger.drain();
    REQUIRE(ledger.value("SELECT count(*) FROM portfoliod.rate_backfill_queue") == "0");
    ledger.run("UPDATE portfolios SET currency = 'JPY' WHERE id = 1");
    ledger.drain();
    CHECK(ledger.value("SELECT string_agg(currency_code, ' ') FROM "
                       "portfoliod.rate_backfill_queue") == "JPY");
}

TEST_CASE("a deadlock and a snapshot that is too old are known as what may pass") {
    Ledger ledger;
    constexpr std::string_view change_ann = "UPDATE users SET email = 'a' WHERE id = 1";
    constexpr std::string_view change_ben = "UPDATE users SET email = 'b' WHERE id = 2";
    auto const may_pass = [](auto call) {
        try {
            call();
        } catch (db::Error const& e) {
            CHECK_FALSE(e.connection_lost);
            return e.may_pass() ? e.sqlstate : "it may not: " + e.sqlstate;
        }
        return std::string{"done"};
    };
    {
        auto theirs = ledger.other.begin();
        theirs.execute(change_ann);
        auto ours = ledger.session().begin();
        ours.execute(change_ben);
        auto their_end = std::async(std::launch::async, [&] {
            return may_pass([&] {
                theirs.execute(change_ben);
                theirs.commit();
            });
        });
        auto const our_end = may_pass([&] {
            ours.execute(change_ann);
            ours.commit();
        });
        auto const ends = std::set{our_end, their_end.get()};
        CHECK(ends == std::set<std::string>{"40P01", "done"});
    }
    auto late = looking(ledger.other, "REPEATABLE READ");
    ledger.run(change_ann);
    CHECK(may_pass([&] { late.execute(change_ann); }) == "40001");
}
