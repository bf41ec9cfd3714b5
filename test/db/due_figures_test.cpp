#include "db/lane.hpp"
#include "performance/snapshot_worker.hpp"
#include "support/ledger.hpp"
#include "support/snapshots.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto today = Day{2026y / 11 / 23};

constexpr auto due = "SELECT string_agg(portfolio_id::text, ' ' ORDER BY portfolio_id) FROM "
                     "portfoliod.due_snapshots";

std::string taken(db::Transaction& transaction, int portfolios_max) {
    std::string ids;
    for (auto const row :
         transaction.execute("SELECT portfoliod.take_due_figures($1)", {portfolios_max}))
        ids += (ids.empty() ? "" : " ") + row.string(0);
    return ids;
}

void make_due(test::Database& database) {
    database.run("INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date) "
                 "SELECT id, 'infinity' FROM portfolios");
}

} // namespace

TEST_CASE(
    "two who take portfolios with figures to refresh neither wait for each other nor take the "
    "same one, and what was taken in vain is due again") {
    test::Database database;
    for (auto const* const email : {"ann@example.org", "bob@example.org", "cyd@example.org"})
        test::add_portfolio(database, email);
    make_due(database);
    auto const dues = database.value(due);
    auto other = db::Session{{database.url(), "other"}};
    {
        auto one = database.session().begin();
        auto two = other.begin();
        two.execute("SET LOCAL lock_timeout = '1s'"); // a wait is an error
        CHECK(taken(one, 1) == "1");
        CHECK(taken(two, 5) == "2 3");
        two.commit();
    }
    CHECK(dues == "1 2 3");
    CHECK(database.value(due) == "1");
}

TEST_CASE("while history arrives, days that are due wait until it is there") {
    test::Database database;
    auto const ann = test::add_portfolio(database, "ann@example.org");
    auto const share = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, ann, share, "2", "110", "2026-11-20 15:00");
    database.run("DELETE FROM portfoliod.due_snapshots");
    database.run("DELETE FROM portfoliod.pending_changes");
    database.run("INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date) VALUES ($1, "
                 "'2026-11-20')",
                 {ann});

    boost::asio::io_context loop{1};
    test::FixedClock const clock{today};
    db::Lane lane{{database.url(), "work"}, 1};
    performance::SnapshotWorker worker{loop.get_executor(), lane, clock, 1h};
    auto asked = 0;
    worker.while_history_arrives([&] {
        if (++asked > 1) return false;
        CHECK(database.value("SELECT count(*) FROM portfolio_snapshots") == "0");
        worker.ring(); // it arrives no more
        return true;
    });
    boost::asio::cancellation_signal stop;
    boost::asio::co_spawn(loop, worker.run(),
                          boost::asio::bind_cancellation_slot(stop.slot(), [](auto const&) {}));
    while (database.value("SELECT count(*) FROM portfoliod.due_snapshots") != "0") loop.run_one();
    stop.emit(boost::asio::cancellation_type::all);
    loop.run();

    CHECK(asked >= 2);
    CHECK(database.value("SELECT count(*) FROM portfolio_snapshots") == "3");
}

TEST_CASE("all figures that are due are refreshed, each once, however many batches that takes") {
    test::Database database;
    database.run("INSERT INTO users (email, password_hash) SELECT i || '@example.org', 'x' FROM "
                 "generate_series(1, 1100) AS i");
    database.run("INSERT INTO portfolios (user_id, name) SELECT id, 'savings' FROM users");
    make_due(database);

    boost::asio::io_context loop{1};
    test::FixedClock const clock{today};
    db::Lane lane{{database.url(), "work"}, 2};
    performance::SnapshotWorker worker{loop.get_executor(), lane, clock, 1h};
    auto put_back = false;
    worker.on_put_back([&] { put_back = true; });
    boost::asio::co_spawn(loop, worker.refresh_all(), [](std::exception_ptr const& error) {
        if (error) std::rethrow_exception(error);
    });
    loop.run();

    CHECK(database.value("SELECT count(*) FROM portfoliod.due_snapshots") == "0");
    CHECK(database.value("SELECT count(*) FROM portfolio_performance_cache") == "1100");
    CHECK_FALSE(put_back);
}
