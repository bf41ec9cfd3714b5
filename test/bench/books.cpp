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
                 "ZONE 'UTC' - interval '730 days' FROM portfolios AS portfolio, assets AS asset");
    database.run("ANALYZE");
}

void add_history(test::Database& database) {
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) SELECT 1, 1 + i % 15, 'buy', 1, 100, now() AT TIME ZONE 'UTC' "
                 "- interval '730 days' + i * interval '35 hours' FROM generate_series(0, 499) AS "
                 "i");
    database.run(
        "INSERT INTO portfolio_snapshots (portfolio_id, snapshot_date, total_value_usd, "
        "positions_snapshot, net_flow_usd, twr_index, status) SELECT 1, (now() AT TIME ZONE "
        "'UTC')::date - ago, 70000, (SELECT jsonb_agg(jsonb_build_object('asset_id', id, 'symbol', "
        "symbol, 'quantity', '33', 'split_factor', '1', 'price', '110', 'price_date', "
        "'2026-01-01', "
        "'currency', 'USD', 'rate', '1', 'value_usd', '3630.00')) FROM assets WHERE id <= 15), 0, "
        "1.1, 'final' FROM generate_series(1, 730) AS ago ON CONFLICT DO NOTHING");
    database.run("ANALYZE");
}

double work_off(test::Database& database, double limit_s) {
    constexpr auto nothing_left = "SELECT NOT EXISTS (SELECT FROM portfoliod.pending_changes)";
    auto const start = Clock::now();
    db::Listening ear{{database.url(), "bench"}, {"portfolio_updated"}};
    while (database.value(nothing_left) != "t") {
        if (since(start) > limit_s)
            throw std::runtime_error{
                fmt::format("the changes were not worked off within {} s", limit_s)};
        ear.probe(); // a round trip, and with it what was announced
    }
    return since(start);
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
