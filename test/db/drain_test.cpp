#include "bus/channels.hpp"
#include "bus/drain.hpp"
#include "bus/outbox.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"
#include "support/snapshots.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto today = Day{2026y / 11 / 23};

bus::Drained drain(test::Database& database) {
    auto transaction = database.session().begin();
    auto const done = bus::drain_batch(transaction, today, {});
    transaction.commit();
    return done;
}

} // namespace

TEST_CASE("one purchase is tracked, its missing year is queued, its figures are there, and the "
          "outbox is empty") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "10", "120", "2026-01-10");

    auto const done = drain(database);
    CHECK(done.rows == 1);
    CHECK(done.jobs == 1);
    CHECK(done.portfolios == 1);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "1");
    CHECK(database.value(
              "SELECT start_date || ' ' || end_date || ' ' || status FROM backfill_queue") ==
          "2025-01-10 2026-11-22 pending");
    // No price yet: valued at the trade's own.
    CHECK(database.value("SELECT concat_ws(' ', current_value_usd, total_invested_usd, "
                         "total_return_pct, status) "
                         "FROM portfolio_performance_cache") == "1200.00 1200.00 0.0000 estimated");
    CHECK(database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
    CHECK(drain(database).rows == 0);
}

TEST_CASE("trades that move no past day are taken and read in one question, all else is not") {
    test::Database database;
    auto const one = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_priced_asset(database, "TSLA");
    auto const read_along = [&](auto const& change) {
        database.run("DELETE FROM portfoliod.pending_changes");
        change();
        auto transaction = database.session().begin();
        auto const taken = bus::take_changes(transaction, 100, today, today);
        CHECK(taken.changes.rows > 0);
        return taken.inputs.has_value();
    };
    auto const buy = [&](int portfolio, std::string const& day) {
        test::buy(database, portfolio, asset, "1", "120", day);
    };
    CHECK_FALSE(read_along([&] { buy(one, "2026-01-10"); })); // who holds it is another
    drain(database);
    CHECK(read_along([&] { buy(one, "2026-11-23"); }));
    CHECK_FALSE(read_along([&] { buy(one, "2026-11-22"); })); // that day is over
    CHECK_FALSE(read_along([&] {
        buy(one, "2026-11-23");
        database.run("UPDATE asset_prices SET close = 9");
    }));
    std::vector<int> many{one};
    while (many.size() < 5) many.push_back(test::add_portfolio_of(database, one));
    for (auto const portfolio : many) buy(portfolio, "2026-11-23");
    drain(database);
    auto const buy_in = [&](std::size_t portfolios) {
        for (std::size_t i = 0; i < portfolios; ++i) buy(many.at(i), "2026-11-23 12:00");
    };
    CHECK(read_along([&] { buy_in(4); }));
    CHECK_FALSE(read_along([&] { buy_in(5); }));

    // One that somebody holds is left to him, and the others have their figures.
    database.run("DELETE FROM portfoliod.pending_changes");
    buy_in(2);
    db::Session person{{database.url(), "person"}};
    auto holding = person.begin();
    holding.execute("SELECT FROM portfolios WHERE id = $1 FOR NO KEY UPDATE", {one});
    auto const done = drain(database);
    CHECK(done.rows == 1);
    CHECK(done.portfolios == 1);
    CHECK(database.value("SELECT portfolio_id FROM portfoliod.pending_changes") == "1");
}

TEST_CASE("what a drain took is back when it does not commit") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "10", "120", "2026-01-10");
    {
        auto transaction = database.session().begin();
        CHECK(bus::drain_batch(transaction, today, {}).rows == 1);
    }
    CHECK(database.value("SELECT count(*) FROM tracked_assets") == "0");
    CHECK(drain(database).rows == 1);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "1");
}

TEST_CASE("users are counted, not portfolios, and selling everything ends the tracking but not the "
          "history") {
    test::Database database;
    auto const first = test::add_portfolio(database, "ann@example.org");
    auto const second = test::add_portfolio_of(database, first);
    auto const others = test::add_portfolio(database, "bob@example.org");
    auto const asset = test::add_asset(database, "BTC", "crypto", "", "USD");
    for (auto const portfolio : {first, second, others})
        test::buy(database, portfolio, asset, "1", "100", "2026-05-01");
    drain(database);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "2");

    test::sell(database, first, asset, "1", "110", "2026-06-01");
    drain(database);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "2");
    test::sell(database, second, asset, "1", "110", "2026-06-01");
    test::sell(database, others, asset, "1", "110", "2026-06-02");
    drain(database);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "0");
    CHECK(database.value("SELECT count(*) FROM portfoliod.quotable_assets()") == "0");
    CHECK(database.value("SELECT count(*) FROM backfill_queue") == "1");
}

TEST_CASE("an earlier purchase by somebody else queues exactly the days that are missing") {
    test::Database database;
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const bob = test::add_portfolio(database, "bob@example.org");
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    test::buy(database, ann, asset, "10", "120", "2023-01-10");
    drain(database);
    database.run("SELECT portfoliod.complete_backfill(job_id, token, NULL, '2023-08-11', 399, $1) "
                 "FROM portfoliod.claim_backfill('1 min', '{}', '{}')",
                 {today});
    test::buy(database, bob, asset, "1", "100", "2022-09-01");
    CHECK(drain(database).jobs == 1);
    CHECK(
        database.value(
            "SELECT start_date || ' ' || end_date FROM backfill_queue WHERE status = 'pending'") ==
        "2021-09-01 2022-01-09");
}

TEST_CASE("a price typed by hand moves the figures of those who hold the asset") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "BUND", "bond", "", "USD");
    test::buy(database, portfolio, asset, "100", "0.98", "2026-11-02");
    drain(database);
    database.run(
        "INSERT INTO asset_prices (asset_id, timestamp, close) VALUES ($1, '2026-11-20', 0.99)",
        {asset});
    CHECK(drain(database).portfolios == 1);
    CHECK(database.value("SELECT current_value_usd FROM portfolio_performance_cache") == "99.00");
}

TEST_CASE("a currency without a rate leaves figures incomplete until the rate is there") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    test::buy(database, portfolio, asset, "10", "200", "2026-11-02");
    auto const done = drain(database);
    CHECK(done.jobs == 2);
    CHECK(database.value("SELECT currency_code || ' ' || start_date || ' ' || end_date FROM "
                         "portfoliod.rate_backfill_queue") == "EUR 2026-10-26 2026-11-22");
    CHECK(
        database.value(
            "SELECT concat_ws(' ', current_value_usd, status) FROM portfolio_performance_cache") ==
        "0.00 incomplete");
    CHECK(database.value("SELECT total_return_pct IS NULL FROM portfolio_performance_cache") ==
          "t");

    database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
                 "('EUR', 1.10, '2026-11-02'), "
                 "('EUR', 1.20, '2026-11-20')");
    drain(database);
    CHECK(database.value("SELECT concat_ws(' ', current_value_usd, total_invested_usd, "
                         "total_return_pct) FROM portfolio_performance_cache") ==
          "2400.00 2200.00 9.0909");
}

TEST_CASE("a portfolio that is gone is skipped and its assets are recounted") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "10", "120", "2026-01-10");
    drain(database);
    database.run("DELETE FROM users");
    CHECK(drain(database).rows == 1);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "0");
    CHECK(database.value("SELECT count(*) FROM portfolio_performance_cache") == "0");
}

TEST_CASE("one portfolio that cannot be valued does not keep the others from it") {
    test::Database database;
    auto const good = test::add_portfolio(database, "ann@example.org");
    auto const bad = test::add_portfolio(database, "bob@example.org");
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    test::buy(database, good, asset, "1", "100", "2026-01-10");
    // Fits the ledger, and no amount of money.
    test::buy(database, bad, asset, "5000000000000", "5000000000000", "2026-01-10");
    drain(database);
    CHECK(database.value("SELECT count(*) FROM portfolio_performance_cache WHERE portfolio_id = $1",
                         {good}) == "1");
    CHECK(database.value("SELECT count(*) FROM portfolio_performance_cache WHERE portfolio_id = $1",
                         {bad}) == "0");
    CHECK(database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
}

TEST_CASE("a full batch says that there may be more, the last one that there is none") {
    test::Database database;
    database.run("INSERT INTO portfoliod.pending_changes (currency_code, from_date) "
                 "SELECT 'EUR', '2026-01-01' FROM generate_series(1, 10001)");
    auto const first = drain(database);
    CHECK(first.rows == 10'000);
    CHECK(first.more);
    auto const second = drain(database);
    CHECK(second.rows == 1);
    CHECK_FALSE(second.more);
}

TEST_CASE("a look at everything passes over an asset that somebody holds, and comes back to it") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const held = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    auto const free = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, held, "1", "100", "2026-01-10");
    test::buy(database, portfolio, free, "1", "100", "2026-01-10");
    drain(database);
    database.run("DELETE FROM backfill_queue");
    db::Session other{{database.url(), "other"}};
    {
        auto open = other.begin();
        open.execute("SELECT FROM tracked_assets WHERE asset_id = $1 FOR NO KEY UPDATE", {held});
        auto transaction = database.session().begin();
        CHECK(bus::request_everything_missing(transaction, today, {}) == 1);
        transaction.commit();
        CHECK(database.value("SELECT string_agg(asset_id::text, ' ') FROM backfill_queue") ==
              std::to_string(free));
        CHECK(database.value("SELECT string_agg(asset_id::text, ' ') FROM "
                             "portfoliod.pending_changes") == std::to_string(held));
        CHECK(drain(database).rows == 0); // put back
        open.commit();
    }
    CHECK(drain(database).jobs == 1);
}

TEST_CASE(
    "a trade in a currency whose rates somebody holds is counted, and its rates are asked for "
    "when they are free") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    database.run("INSERT INTO portfoliod.rate_coverage (currency_code) VALUES ('EUR')");
    db::Session other{{database.url(), "other"}};
    {
        auto open = other.begin();
        open.execute("SELECT FROM portfoliod.rate_coverage FOR NO KEY UPDATE");
        test::buy(database, portfolio, asset, "1", "100", "2026-01-10");
        drain(database);
        CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "1");
        CHECK(database.value("SELECT count(*) FROM portfoliod.rate_backfill_queue") == "0");
        CHECK(database.value("SELECT string_agg(asset_id::text, ' ') FROM "
                             "portfoliod.pending_changes") == std::to_string(asset));
        open.commit();
    }
    drain(database);
    CHECK(database.value("SELECT count(*) FROM portfoliod.rate_backfill_queue") == "1");
    CHECK(database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
}

TEST_CASE("while rates of a currency are on their way, what depends on them is estimated, also "
          "what is sold") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    database.run(
        "INSERT INTO asset_prices (asset_id, timestamp, close) VALUES ($1, '2026-11-20', 100)",
        {asset});
    database.run("UPDATE portfoliod.price_coverage SET served = '{(,)}'");
    // Rates of long ago and of now: the one of the trade's day is still to come.
    database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
                 "('EUR', 1.5, '2026-01-02'), ('EUR', 1.1, '2026-11-22')");
    test::buy(database, portfolio, asset, "1", "100", "2026-10-01");
    auto const status = [&] {
        test::settle(database, today);
        return database.value("SELECT status FROM portfolio_performance_cache");
    };
    CHECK(status() == "estimated");
    SUBCASE("held") {}
    SUBCASE("sold") { test::sell(database, portfolio, asset, "1", "100", "2026-10-02"); }
    CHECK(status() == "estimated");
    // Nothing new came: that, too, changes the status.
    database.run(
        "SELECT portfoliod.complete_rate_backfill(job_id, token, NULL, '2026-11-22', 0, $1) "
        "FROM portfoliod.claim_rate_backfill('1 min', 9)",
        {today});
    CHECK(database.value(
              "SELECT count(*) FROM portfoliod.rate_backfill_queue WHERE status <> 'completed'") ==
          "0");
    CHECK(status() == "final");
}

TEST_CASE("two users who buy the same asset in the same second, worked off by two daemons, make "
          "one job") {
    test::Database database;
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const bob = test::add_portfolio(database, "bob@example.org");
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    db::Session other{{database.url(), "test"}};
    test::buy(database, ann, asset, "1", "100", "2026-06-01 12:00:00");
    auto theirs = other.begin();
    CHECK(bus::drain_batch(theirs, today, {}).jobs == 1);
    test::buy(database, bob, asset, "1", "100", "2026-06-01 12:00:00");
    // The other one waits for the asset nobody had counted before, or finds it counted.
    auto mine = std::async(std::launch::async, [&database] {
        db::Session session{{database.url(), "test"}};
        auto transaction = session.begin();
        auto const jobs = bus::drain_batch(transaction, today, {}).jobs;
        transaction.commit();
        return jobs;
    });
    theirs.commit();
    CHECK(mine.get() == 0);
    CHECK(database.value("SELECT count(*) FROM backfill_queue") == "1");
    CHECK(database.value("SELECT tracking_users FROM tracked_assets") == "2");
}
