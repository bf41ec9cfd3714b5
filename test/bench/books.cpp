#include "bench/books.hpp"

#include "db/listening.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace portfoliod::bench {

std::string const quiet_schedule =
    "{quotes: off, exchange_rates: off, performance: off, upkeep: off, fallback_poll: 60s}";

double since(Clock::time_point start) {
    return std::chrono::duration<double>{Clock::now() - start}.count();
}

int latest_close(int asset) { return 100 + asset; }

void add_portfolios(test::Database& database) {
    for (auto const* const sql :
         {"INSERT INTO users (email, password_hash) "
          "SELECT 'user' || i || '@example.org', 'x' FROM generate_series(1, 1000) AS i",
          "INSERT INTO portfolios (user_id, name) SELECT id, 'savings' FROM users ORDER BY id",
          "INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) "
          "SELECT 'S' || i, 'Share ' || i, 'stock', 'NASDAQ', 'USD' FROM generate_series(1, 20) i",
          "INSERT INTO asset_prices (asset_id, timestamp, close, is_final) "
          "SELECT asset.id, (now() AT TIME ZONE 'UTC')::date - ago, 100 + asset.id + (ago - 1) * "
          "0.01, true FROM assets AS asset, generate_series(1, 731) AS ago",
          "UPDATE portfoliod.price_coverage SET served = '{[2000-01-01,2100-01-01)}'",
          "INSERT INTO portfolio_performance_cache (portfolio_id, current_value_usd, "
          "total_invested_usd) SELECT id, 0, 0 FROM portfolios",
          "DELETE FROM portfoliod.pending_changes", "ANALYZE"})
        database.run(sql);
}

void add_positions(test::Database& database) {
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) SELECT portfolio.id, asset.id, 'buy', 1, 100, now() AT TIME "
                 "ZONE 'UTC' - interval '3 days' FROM portfolios AS portfolio, assets AS asset");
    database.run("ANALYZE");
}

void add_history(test::Database& database) {
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) SELECT 1, 1 + i % 15, 'buy', 1, 100, now() AT TIME ZONE 'UTC' "
                 "- interval '730 days' + i * interval '35 hours' FROM generate_series(0, 499) AS "
                 "i");
    database.run("ANALYZE");
}

namespace {

double wait_until_none(test::Database& database, std::string const& of, double limit_s) {
    auto const nothing_left = "SELECT NOT EXISTS (SELECT FROM portfoliod." + of + ")";
    auto const start = Clock::now();
    db::Listening ear{{database.url(), "bench"}, {"portfolio_updated"}};
    while (database.value(nothing_left) != "t") {
        if (since(start) > limit_s)
            throw std::runtime_error{fmt::format("there are still {} after {} s", of, limit_s)};
        ear.probe(); // a round trip, and with it what was announced
    }
    return since(start);
}

} // namespace

double work_off(test::Database& database, double limit_s) {
    return wait_until_none(database, "pending_changes", limit_s);
}

double await_snapshots(test::Database& database, double limit_s) {
    return wait_until_none(database, "due_snapshots", limit_s);
}

void require_all_right(test::Daemon& daemon, test::Database& database) {
    if (daemon.run("verify") != 0)
        throw std::runtime_error{"verify does not agree:\n" + daemon.output()};
    auto const unfinished = database.value(
        "SELECT count(*) FROM portfolio_performance_cache AS cache JOIN portfolio_positions USING "
        "(portfolio_id) WHERE cache.status <> 'final' OR cache.status IS NULL OR "
        "cache.last_updated < (now() AT TIME ZONE 'UTC') - interval '50 minutes'");
    if (unfinished != "0")
        throw std::runtime_error{unfinished + " caches are marked, or not final"};
}

} // namespace portfoliod::bench
