// Prepared transactions: PostgreSQL refuses to prepare one that has notified; one that wrote in silence is found when it is committed.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>

using namespace portfoliod;

namespace {

/// psql, where BEGIN and PREPARE TRANSACTION are the user's own.
void type(test::Cluster const& cluster, std::string const& database, std::string const& sql) {
    test::shell(fmt::format("psql -qX -v ON_ERROR_STOP=1 -h {} -U postgres -d {} -c \"{}\"",
                            cluster.folder().string(), database, sql));
}

/// A server that allows them, which none does by itself.
struct Prepared {
    Prepared() {
        type(cluster, "postgres", "ALTER SYSTEM SET max_prepared_transactions = 10");
        cluster.restart("fast");
    }

    test::Cluster cluster = test::Cluster::start();
};

constexpr auto insert = "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                        "quantity, price, timestamp) VALUES (1, 1, 'buy', 1, 100, '2026-03-02')";

/// Portfolios 1 and 2, asset 1.
struct Books : test::Database {
    explicit Books(Prepared& server) : test::Database(server.cluster) {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_portfolio(*this, "bob@example.org") == 2);
        REQUIRE(test::add_asset(*this, "AAPL", "stock", "NASDAQ", "USD") == 1);
    }
};

} // namespace

TEST_CASE(
    "a trade that was announced cannot be prepared: the server says so, and nothing is left") {
    Prepared server;
    Books books{server};
    {
        db::Session user{{books.url(), "user"}};
        auto transaction = user.begin();
        transaction.execute_script(insert);
        try {
            transaction.execute_script("PREPARE TRANSACTION 'refused'");
            FAIL_CHECK("it was prepared");
        } catch (db::Error const& e) {
            CHECK(std::string{e.what()}.find("cannot PREPARE a transaction that has executed "
                                             "LISTEN, UNLISTEN, or NOTIFY") != std::string::npos);
        }
    }
    CHECK(books.value("SELECT (SELECT count(*) FROM transactions) + (SELECT count(*) FROM "
                      "portfolio_positions) + (SELECT count(*) FROM pg_prepared_xacts)") == "0");
}

TEST_CASE("whoever gives the doorbell back names a writer that prepares, before, after, and after "
          "a restart") {
    Prepared server;
    Books books{server};
    auto daemon = std::make_unique<db::Session>(db::SessionOptions{books.url(), "daemon"});
    db::Session user{{books.url(), "user"}};
    auto const ask = [&](std::string const& what) {
        auto transaction = daemon->begin();
        auto text = transaction.execute("SELECT " + what).one().string(0);
        transaction.commit();
        return text;
    };
    CHECK(ask("portfoliod.take_doorbell()") == "t");
    std::string named;
    {
        auto writing = user.begin();
        writing.execute_script(std::string{"SAVEPOINT s; "} + insert);
        named = ask("portfoliod.release_doorbell()");
        CHECK(ask("cardinality('" + named + "'::text[])") == "1");
        writing.execute_script("PREPARE TRANSACTION 'slow'");
    }
    CHECK(ask("portfoliod.outbox_writers()") == named);
    server.cluster.restart("immediate");
    daemon = std::make_unique<db::Session>(db::SessionOptions{books.url(), "daemon"});
    books.reconnect();
    CHECK(ask("portfoliod.outbox_writers()") == named);
    // And to one who comes by later.
    CHECK(ask("portfoliod.release_doorbell()") == named);
    CHECK(books.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
    type(server.cluster, books.name(), "COMMIT PREPARED 'slow'");
    CHECK(ask("cardinality(portfoliod.outbox_writers())") == "0");
    CHECK(books.value("SELECT count(*) FROM portfoliod.pending_changes") == "1");
    CHECK(test::position(books, 1, 1) == "1 100 2026-03-02");
}

TEST_CASE("what was prepared in silence is worked off when it is committed, long before the "
          "fallback poll, and what is rolled back never was") {
    Prepared server;
    Books books{server};
    test::MarketServer market;
    test::Daemon daemon{books, market,
                        "{quotes: off, exchange_rates: off, performance: off, upkeep: off, "
                        "fallback_poll: 1h}"};
    daemon.start();
    {
        db::Session other{{books.url(), "another daemon"}};
        auto taking = other.begin();
        REQUIRE(taking.execute("SELECT portfoliod.take_doorbell()").one().boolean(0));
        taking.commit();
        type(server.cluster, books.name(),
             fmt::format("BEGIN; {}; PREPARE TRANSACTION 'kept'", insert));
        type(server.cluster, books.name(),
             "BEGIN; INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
             "price, timestamp) VALUES (2, 1, 'buy', 1, 100, '2026-03-02'); "
             "PREPARE TRANSACTION 'dropped'");
    }
    // The bell is free again, and the daemon has heard of nothing.
    SUBCASE("at once") {}
    SUBCASE("after the server was restarted") {
        server.cluster.stop("fast");
        daemon.wait_for_log("database unreachable");
        server.cluster.start_again();
        daemon.wait_for_log("catching up");
        books.reconnect();
    }
    test::Waiting waiting{books};
    type(server.cluster, books.name(), "ROLLBACK PREPARED 'dropped'");
    type(server.cluster, books.name(), "COMMIT PREPARED 'kept'");
    waiting.until("SELECT total_invested_usd FROM portfolio_performance_cache", "100.00");
    CHECK(test::position(books, 1, 1) == "1 100 2026-03-02");
    CHECK(test::position(books, 2, 1) == "none");
    CHECK(daemon.stop() == 0);
}
