#include "db/error.hpp"
#include "db/session.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace portfoliod;

// Many writers at once, and how much of the past an insert reads.

namespace {

constexpr auto oversold = "23514"; // check_violation, as positions_not_oversold raises it

/// What went wrong in the threads: doctest's own checks are for one thread.
class Complaints {
  public:
    void add(std::string const& what) {
        std::scoped_lock const lock{mutex_};
        all_ += what + '\n';
    }

    std::string all() {
        std::scoped_lock const lock{mutex_};
        return all_;
    }

  private:
    std::mutex mutex_;
    std::string all_;
};

void in_parallel(int threads, std::function<void(int)> const& work) {
    std::vector<std::thread> running;
    running.reserve(static_cast<std::size_t>(threads));
    for (auto i = 0; i < threads; ++i) running.emplace_back(work, i);
    for (auto& thread : running) thread.join();
}

/// Positions that differ from the sum of their trades, or that were ever below 0 on the timeline.
constexpr auto wrong_positions =
    "SELECT count(*) FROM portfolio_positions AS pos CROSS JOIN LATERAL ("
    "SELECT coalesce(sum(signed), 0) AS held, coalesce(min(running), 0) AS least FROM ("
    "SELECT signed, sum(signed) OVER (ORDER BY timestamp, signed < 0, id) AS running FROM ("
    "SELECT id, timestamp, CASE transaction_type WHEN 'buy' THEN quantity ELSE -quantity END "
    "AS signed FROM transactions WHERE portfolio_id = pos.portfolio_id "
    "AND asset_id = pos.asset_id) AS trade) AS line) AS replay "
    "WHERE pos.quantity <> replay.held OR replay.least < 0 OR pos.oversold_at IS NOT NULL";

/// Averages that a replay from the first trade would put elsewhere.
int positions_a_replay_changes(test::Database& database) {
    database.run("CREATE TABLE kept AS SELECT * FROM portfolio_positions");
    database.run("SELECT portfoliod.repair_position(portfolio_id, asset_id) FROM kept");
    return std::stoi(database.value(
        "SELECT count(*) FROM portfolio_positions AS now JOIN kept USING (portfolio_id, asset_id) "
        "WHERE (now.quantity, now.average_buy_price, now.first_purchase_date, now.last_trade_at) "
        "IS DISTINCT FROM "
        "(kept.quantity, kept.average_buy_price, kept.first_purchase_date, kept.last_trade_at)"));
}

} // namespace

TEST_CASE("32 sessions trading the same few positions lose nothing, oversell nothing and never "
          "deadlock") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    std::vector<int> assets;
    for (auto const* const symbol : {"AAPL", "MSFT", "TSLA"})
        assets.push_back(test::add_asset(database, symbol, "stock", "NASDAQ", "USD"));
    std::atomic<int> entered = 0;
    std::atomic<int> refused = 0;
    Complaints complaints;

    in_parallel(32, [&](int worker) {
        db::Session session{{database.url(), "writer"}};
        std::mt19937 random{static_cast<unsigned>(worker)};
        for (auto i = 0; i < 12; ++i) {
            // More is sold than bought, so that many a sale finds nothing left.
            auto const buying = random() % 5 < 2;
            try {
                auto transaction = session.begin();
                transaction.execute(
                    "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                    "price, timestamp) VALUES ($1, $2, $3, $4, $5, "
                    "clock_timestamp() AT TIME ZONE 'UTC')",
                    {portfolio, assets[random() % assets.size()],
                     std::string{buying ? "buy" : "sell"}, static_cast<int>(random() % 9 + 1),
                     static_cast<int>(random() % 90 + 10)});
                transaction.commit();
                ++entered;
            } catch (db::Error const& e) {
                if (e.sqlstate == oversold && !buying)
                    ++refused;
                else
                    complaints.add(e.sqlstate + ' ' + e.what());
            }
        }
    });

    CHECK(complaints.all() == "");
    CHECK(entered + refused == 32 * 12);
    CHECK(entered > 0);
    CHECK(refused > 0);
    CHECK(database.value("SELECT count(*) FROM transactions") == std::to_string(entered));
    CHECK(database.value(wrong_positions) == "0");
    CHECK(positions_a_replay_changes(database) == 0);
}

TEST_CASE("statements over the same many positions in opposite orders do not deadlock") {
    test::Database database;
    auto const first = test::add_portfolio(database, "ann@example.org");
    for (auto i = 1; i < 20; ++i) test::add_portfolio_of(database, first);
    for (auto const* const symbol : {"AAPL", "MSFT", "TSLA"})
        test::add_asset(database, symbol, "stock", "NASDAQ", "USD");
    Complaints complaints;

    in_parallel(6, [&](int worker) {
        db::Session session{{database.url(), "writer"}};
        auto const direction = worker % 2 == 0 ? "ASC" : "DESC";
        auto run = [&](std::string const& sql) {
            try {
                auto transaction = session.begin();
                transaction.execute(sql);
                transaction.commit();
            } catch (db::Error const& e) {
                complaints.add(e.sqlstate + ' ' + e.what());
            }
        };
        for (auto round = 0; round < 6; ++round) {
            run(fmt::format(
                "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                "price, timestamp, notes) SELECT p.id, a.id, 'buy', 2, 10, '2026-01-02', 'by {0}' "
                "FROM portfolios AS p CROSS JOIN assets AS a ORDER BY p.id {1}, a.id {1}",
                worker, direction));
            // Its own rows: those of another are locked before any trigger runs.
            run(fmt::format("UPDATE transactions SET price = price + 1 WHERE notes = 'by {}'",
                            worker));
            run(fmt::format("DELETE FROM transactions WHERE id IN (SELECT id FROM transactions "
                            "WHERE notes = 'by {}' ORDER BY id {} LIMIT 30)",
                            worker, direction));
        }
    });

    CHECK(complaints.all() == "");
    CHECK(database.value("SELECT count(*) FROM transactions") == "1080");
    CHECK(database.value(wrong_positions) == "0");
    CHECK(positions_a_replay_changes(database) == 0);
}

TEST_CASE("a trade never waits for a recomputation that is not committed, at any isolation level") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    test::buy(database, portfolio, asset, "10", "100", "2026-01-10");
    database.run("INSERT INTO portfolio_performance_cache (portfolio_id, current_value_usd, "
                 "total_invested_usd) VALUES ($1, 1000, 1000)",
                 {portfolio});
    for (std::string const level : {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}) {
        CAPTURE(level);
        database.run(
            "UPDATE portfolio_performance_cache SET last_updated = now() AT TIME ZONE 'UTC'");
        db::Session daemon{{database.url(), "daemon"}};
        auto drain = daemon.begin();
        drain.execute("SELECT * FROM portfoliod.take_changes(100)");
        drain.execute("SELECT * FROM portfoliod.recount_tracked_assets($1)",
                      {std::vector<int>{asset}});
        CHECK(drain
                  .execute("SELECT portfolio_id FROM portfoliod.valuation_inputs($1, "
                           "'2026-11-24') WHERE kind = 'portfolio'",
                           {std::vector<int>{portfolio}})
                  .one()
                  .integer(0) == portfolio);
        drain.execute("SELECT portfoliod.store_performance($1)",
                      {fmt::format(R"([{{"portfolio_id": {}, "current_value_usd": 7,)"
                                   R"( "total_invested_usd": 5, "status": "final"}}])",
                                   portfolio)});
        db::Session user{{database.url(), "user"}};
        auto trade = user.begin();
        trade.execute_script("SET TRANSACTION ISOLATION LEVEL " + level);
        // Far below what the drain, which does not end before us, would make it wait.
        trade.execute_script("SET LOCAL lock_timeout TO '2s'");
        trade.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                      "quantity, price, timestamp) VALUES ($1, $2, 'buy', 1, 10, "
                      "clock_timestamp() AT TIME ZONE 'UTC')",
                      {portfolio, asset});
        trade.execute("UPDATE transactions SET price = price + 1 WHERE portfolio_id = $1",
                      {portfolio});
        trade.commit();
        drain.commit();
        CHECK(database.value("SELECT count(*) > 0 FROM portfoliod.pending_changes") == "t");
    }
    CHECK(database.value("SELECT trim_scale(quantity) FROM portfolio_positions") == "13");
}

TEST_CASE("a trade later than 100,000 others reads none of them, a back-dated one reads them") {
    test::Database database;
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) SELECT $1, $2, 'buy', 1, 10, "
                 "'2020-01-01'::timestamp + i * interval '1 minute' "
                 "FROM generate_series(1, 100000) AS i",
                 {portfolio, asset});
    auto const rows_read = [&](std::string const& timestamp) {
        // Of a session that has planned nothing yet, as a user's first trade of the day is.
        db::Session session{{database.url(), "user"}};
        auto transaction = session.begin();
        transaction.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                            "quantity, price, timestamp) VALUES ($1, $2, 'buy', 1, 10, "
                            "$3::timestamp)",
                            {portfolio, asset, timestamp});
        auto const read =
            transaction
                .execute("SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) "
                         "FROM pg_stat_xact_user_tables WHERE relid = 'transactions'::regclass")
                .one()
                .integer(0);
        transaction.commit();
        return read;
    };
    CHECK(rows_read("2026-01-02") == 0);
    CHECK(rows_read("2026-01-03") == 0);
    CHECK(rows_read("2019-01-02") >= 100'000);
    CHECK(database.value("SELECT trim_scale(quantity) FROM portfolio_positions") == "100003");
}
