// 10,000 portfolios at midnight. In this process, through the very functions that the daemon calls, on sessions that have seen
// nothing before.
#include "bench/books.hpp"
#include "bench/valuation.hpp"
#include "db/lane.hpp"
#include "performance/snapshot_worker.hpp"
#include "performance/snapshots.hpp"
#include "service/config.hpp"
#include "support/snapshots.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <fstream>

namespace portfoliod::bench {

namespace {

constexpr auto portfolios = 10'000;
constexpr auto checked = 100;

Day today() { return SystemClock{}.today(); }

void run(test::Database& database, std::initializer_list<char const*> statements) {
    for (auto const* const sql : statements) database.run(sql);
}

/// Closes until yesterday, trades until three days ago.
void add_books(test::Database& database) {
    run(database,
        {"INSERT INTO users (email, password_hash) SELECT 'user' || i || '@example.org', 'x' FROM "
         "generate_series(1, 10000) AS i",
         "INSERT INTO portfolios (user_id, name) SELECT id, 'savings' FROM users ORDER BY id",
         "INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) SELECT 'S' || "
         "i, 'Share ' || i, 'stock', 'NASDAQ', (ARRAY['USD', 'EUR', 'GBP', 'JPY', 'CHF'])[1 + i % "
         "5] FROM generate_series(1, 1000) AS i",
         "INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) SELECT code, 1 + "
         "extract(doy FROM day) / 10000, day FROM unnest('{EUR,GBP,JPY,CHF}'::text[]) AS code, "
         "generate_series((now() AT TIME ZONE 'UTC')::date - 1100, (now() AT TIME ZONE "
         "'UTC')::date - 1, interval '1 day') AS day",
         "INSERT INTO asset_prices (asset_id, timestamp, close, is_final) SELECT id, day, 50 + id "
         "% "
         "100 + extract(doy FROM day) / 10, true FROM assets, generate_series((now() AT TIME ZONE "
         "'UTC')::date - 1100, (now() AT TIME ZONE 'UTC')::date - 1, interval '1 day') AS day",
         "UPDATE portfoliod.price_coverage SET served = '{[2000-01-01,2100-01-01)}'",
         "INSERT INTO portfoliod.rate_coverage SELECT code, '{[2000-01-01,2100-01-01)}' FROM "
         "unnest('{EUR,GBP,JPY,CHF}'::text[]) AS code ON CONFLICT (currency_code) DO UPDATE SET "
         "served = excluded.served"});
    for (auto tenth = 0; tenth < 10; ++tenth)
        database.run(
            "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
            "price, fee, timestamp) SELECT 1 + p, 1 + (p * 7 + t % 15 * 61) % 1000, CASE "
            "WHEN t % 7 = 6 AND t > 20 THEN 'sell' ELSE 'buy' END, CASE WHEN t % 7 = 6 AND t > 20 "
            "THEN 1 ELSE 2 "
            "+ t % 3 END, 50 + t % 40, 1, (now() AT TIME ZONE 'UTC')::date - 1095 + t * "
            "interval '10 days 21 hours' FROM generate_series($1::int, $1::int + 999) AS "
            "p, generate_series(0, 99) AS t",
            {tenth * 1000});
    run(database, {"DELETE FROM portfoliod.pending_changes", "ANALYZE"});
}

/// A row for the day before, with which that day was chained, and those that a week, a month and a year start from.
void add_snapshots_of_others(test::Database& database) {
    database.run(
        "INSERT INTO portfolio_snapshots (portfolio_id, snapshot_date, total_value_usd, "
        "positions_snapshot, net_flow_usd, twr_index, status, value_exact) SELECT id, (now() AT "
        "TIME ZONE 'UTC')::date - ago, 10000, '[]', 0, 1.1, 'final', 10000 FROM portfolios, "
        "unnest(ARRAY[3, 7, 8, 29, 30, 31, 32, 365, 366, 367]) AS ago WHERE id % 100 <> 0");
}

double seconds_for_snapshots(db::Session& session, Day day) {
    auto const start = Clock::now();
    for (auto more = true; more;) {
        auto transaction = session.begin();
        more = !performance::compute_due_snapshots(transaction, test::FixedClock{day})
                    .portfolios.empty();
        transaction.commit();
    }
    return since(start);
}

/// On as many threads as the daemon has for it.
double seconds_for_figures(test::Database& database, Day day) {
    auto const start = Clock::now();
    boost::asio::io_context loop{1};
    test::FixedClock const clock{day};
    db::Lane lane{{database.url(), "portfoliod work"}, service::Config{}.database.workers - 1};
    performance::SnapshotWorker worker{loop.get_executor(), lane, clock, std::chrono::hours{1}};
    boost::asio::co_spawn(loop, worker.refresh_all(), [](std::exception_ptr const& error) {
        if (error) std::rethrow_exception(error);
    });
    loop.run();
    return since(start);
}

std::string rows_of_checked(test::Database& database) {
    return database.value(
        "SELECT string_agg(concat_ws('|', portfolio_id, snapshot_date, total_value_usd, "
        "net_flow_usd, twr_index, status, value_exact, positions_snapshot), ' ' ORDER BY "
        "portfolio_id) FROM portfolio_snapshots WHERE portfolio_id % 100 = 0 AND snapshot_date = "
        "(now() AT TIME ZONE 'UTC')::date - 1");
}

/// Until now the most memory this process had; from here on counted anew.
double peak_memory_mb() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    return 0;
}

void forget_peak() { std::ofstream{"/proc/self/clear_refs"} << "5"; }

double aggregate_seconds(test::Database& database) {
    auto const start = Clock::now();
    database.value(
        "WITH price AS MATERIALIZED (SELECT asset_id, close FROM latest_asset_prices), rate AS "
        "MATERIALIZED (SELECT currency_code, rate_to_usd FROM latest_exchange_rates) SELECT "
        "count(*) FROM (SELECT pos.portfolio_id, sum(pos.quantity * price.close * "
        "coalesce(rate.rate_to_usd, 1)) AS usd FROM portfolio_positions AS pos JOIN assets ON "
        "assets.id = pos.asset_id JOIN price USING (asset_id) LEFT JOIN rate ON "
        "rate.currency_code = assets.native_currency GROUP BY pos.portfolio_id) AS worth WHERE usd "
        "> 0");
    return since(start);
}

} // namespace

void midnight(Report& report) {
    auto cluster = test::Cluster::start(test::Durability::as_installed);
    test::Database database{cluster};
    add_books(database);
    auto const day = today();
    auto const yesterday = day - std::chrono::days{1};
    {
        // What earlier days have left behind: a hundred portfolios' whole history, the others' day before yesterday; checkpoints.
        add_snapshots_of_others(database);
        db::Session before{{database.url(), "bench"}};
        auto transaction = before.begin();
        performance::mark_missing_snapshots(transaction, yesterday);
        transaction.commit();
        performance::compute_all_due(before, test::FixedClock{yesterday});
        database.run("ANALYZE");
    }
    auto const aggregate = aggregate_seconds(database);

    forget_peak();
    db::Session session{{database.url(), "portfoliod work"}};
    auto const start = Clock::now();
    auto transaction = session.begin();
    auto const marked = performance::mark_missing_snapshots(transaction, day);
    transaction.commit();
    seconds_for_snapshots(session, day);
    auto const snapshots = since(start);
    auto const caches = seconds_for_figures(database, day);
    if (database.value("SELECT count(*) FROM portfoliod.due_snapshots") != "0")
        throw std::runtime_error{"not all figures were refreshed"};
    auto const memory = peak_memory_mb();
    if (marked != portfolios) throw std::runtime_error{fmt::format("{} were due", marked)};

    auto const followed = rows_of_checked(database);
    database.run("DELETE FROM portfolio_snapshots WHERE portfolio_id % 100 = 0");
    database.run("DELETE FROM portfoliod.ledger_checkpoints");
    performance::compute_all_due(session, test::FixedClock{day}); // nothing is due
    auto again = session.begin();
    performance::mark_missing_snapshots(again, day);
    again.commit();
    performance::compute_all_due(session, test::FixedClock{day});
    auto const right = followed == rows_of_checked(database) && followed.size() > 10'000;

    auto const name = [](char const* what) {
        return fmt::format("10,000 portfolios x 15 positions, 1 M trades: {}", what);
    };
    report.add({name("midnight, snapshots"), snapshots, "s", "one SQL aggregate", aggregate, "<= 3",
                snapshots <= 3});
    report.add(
        {name("all caches"), caches, "s", "one SQL aggregate", aggregate, "<= 2", caches <= 2});
    report.add({name("portfolios as a full rebuild has them"),
                right ? checked : 0.0,
                "of 100",
                {},
                {},
                "all 100",
                right});
    report.add({name("memory of this process, at its highest"), memory, "MB"});
}

} // namespace portfoliod::bench
