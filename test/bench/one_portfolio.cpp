// One portfolio with years behind it, through the whole daemon.
#include "bench/books.hpp"
#include "bench/latency.hpp"
#include "bench/valuation.hpp"
#include "db/listening.hpp"
#include "performance/snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::bench {

namespace {

/// 30 assets with closes of all the years, three in five in other currencies, and 1,900 trades over them.
void add_books(test::Database& database, int years) {
    auto const days = 365 * years;
    for (auto const* const sql :
         {"INSERT INTO users (email, password_hash) VALUES ('ann@example.org', 'x')",
          "INSERT INTO portfolios (user_id, name) VALUES (1, 'savings')",
          "INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) SELECT 'S' || "
          "i, 'Share ' || i, 'stock', 'NASDAQ', (ARRAY['USD', 'EUR', 'USD', 'GBP', 'JPY'])[1 + i % "
          "5] FROM generate_series(1, 30) AS i"})
        database.run(sql);
    database.run(
        "INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) SELECT code, 1 "
        "+ extract(doy FROM day) / 10000, day FROM unnest('{EUR,GBP,JPY}'::text[]) AS "
        "code, generate_series((now() AT TIME ZONE 'UTC')::date - $1::int - 3, (now() AT "
        "TIME ZONE 'UTC')::date - 1, interval '1 day') AS day",
        {days});
    database.run(
        "INSERT INTO asset_prices (asset_id, timestamp, close, is_final) SELECT id, day, 50 "
        "+ id + extract(doy FROM day) / 10, true FROM assets, generate_series((now() AT "
        "TIME ZONE 'UTC')::date - $1::int - 3, (now() AT TIME ZONE 'UTC')::date - 1, "
        "interval '1 day') AS day WHERE extract(isodow FROM day) < 6 OR day > now() - "
        "interval '5 days'",
        {days});
    database.run("UPDATE portfoliod.price_coverage SET served = '{[1990-01-01,2100-01-01)}'");
    database.run(
        "INSERT INTO portfoliod.rate_coverage SELECT code, '{[1990-01-01,2100-01-01)}' FROM "
        "unnest('{EUR,GBP,JPY}'::text[]) AS code ON CONFLICT (currency_code) DO UPDATE SET "
        "served = excluded.served");
    database.run(
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
        "price, fee, timestamp) SELECT 1, 1 + t % 30, CASE WHEN t % 7 = 6 AND t > 400 THEN "
        "'sell' ELSE 'buy' END, CASE WHEN t % 7 = 6 AND t > 400 THEN 1 ELSE 2 + t % 3 END, "
        "50 + t % 40, 1, (now() AT TIME ZONE 'UTC')::date - $1::int + t * ($1::int / "
        "1901.0) * interval '1 day' FROM generate_series(0, 1899) AS t",
        {days});
    database.run("ANALYZE");
}

void stored(Report& report, test::Cluster& cluster) {
    test::Database database{cluster};
    add_books(database, 8);
    db::Session session{{database.url(), "portfoliod work"}};
    std::vector<double> times;
    for (auto run = 0; run < 3; ++run) {
        database.run("DELETE FROM portfolio_snapshots");
        auto const start = Clock::now();
        auto transaction = session.begin();
        performance::mark_snapshots_since(transaction, 1, performance::beginning);
        transaction.commit();
        performance::compute_all_due(session, SystemClock{});
        times.push_back(since(start));
    }
    std::ranges::sort(times);
    if (database.value("SELECT count(*) FROM portfolio_snapshots") != "2920")
        throw std::runtime_error{"there are not 2,920 days"};
    report.add({"1,900 trades, 30 assets, 8 years: read, computed and in portfolio_snapshots",
                times[1],
                "s",
                {},
                {},
                "<= 1",
                times[1] <= 1});
}

/// Seconds until the query is true, looked at again with each announcement.
double until(test::Database& database, db::Listening& ear, std::string const& query,
             Clock::time_point start) {
    while (database.value(query) != "t") {
        if (since(start) > 60) throw std::runtime_error{"still not: " + query};
        ear.probe();
    }
    return since(start);
}

void traded(Report& report, test::Cluster& cluster, test::MarketServer const& market) {
    test::Database database{cluster};
    add_books(database, 10);
    test::Daemon daemon{database, market, quiet_schedule, ""};
    daemon.start();
    work_off(database, 60);
    await_snapshots(database, 60);
    auto const today = announced_after(database, 2000);
    report.add({"a trade of today, ten years of snapshots behind it: to portfolio_updated, p50",
                today.p50,
                "ms",
                {},
                {},
                "<= 3",
                today.p50 <= 3});
    report.add({"the same, p99", today.p99, "ms"});

    work_off(database, 10);
    db::Listening ear{{database.url(), "ear"}, {"portfolio_updated"}};
    auto const invested =
        database.value("SELECT total_invested_usd + 100 FROM portfolio_performance_cache");
    auto const start = Clock::now();
    database.run(
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
        "price, timestamp) SELECT 1, 5, 'buy', 1, 100, min(timestamp) + interval '1 minute' "
        "FROM transactions");
    auto const cached = until(
        database, ear,
        "SELECT total_invested_usd = " + invested + " FROM portfolio_performance_cache", start);
    auto const rewritten =
        until(database, ear,
              "SELECT NOT EXISTS (SELECT FROM portfoliod.due_snapshots) AND NOT EXISTS (SELECT "
              "FROM portfoliod.pending_changes)",
              start);
    if (daemon.run("verify") != 0)
        throw std::runtime_error{"verify does not agree:\n" + daemon.output()};
    report.add({"a trade of ten years ago: the cache first", cached * 1000, "ms"});
    report.add({"a trade of ten years ago: all 3,650 snapshots rewritten, and the figures on them",
                rewritten,
                "s",
                {},
                {},
                "<= 1",
                rewritten <= 1});
    daemon.stop();
}

} // namespace

void one_portfolio(Report& report) {
    auto cluster = test::Cluster::start(test::Durability::as_installed);
    test::MarketServer const market;
    stored(report, cluster);
    traded(report, cluster, market);
}

} // namespace portfoliod::bench
