#include "bench/bulk.hpp"

#include "bench/bare_loop.hpp"
#include "bench/books.hpp"
#include "bench/machine.hpp"
#include "bench/writers.hpp"

#include <string>

namespace portfoliod::bench {

namespace {

constexpr auto rows = 100'000;
constexpr auto limit_s = 120;
constexpr auto one_statement =
    "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
    "timestamp) SELECT 1 + i % 1000, 1 + i / 1000 % 20, 'buy', 1, 100, now() AT TIME ZONE 'UTC' - "
    "interval '70 days' + i * interval '1 minute' FROM generate_series(0, 99999) AS i";

/// Rows a second from before the statement until the bare loop has taken them all.
double bare_rows_per_second(test::Cluster& cluster) {
    test::Database database{cluster};
    add_portfolios(database);
    with_bare_triggers(database);
    BareLoop const loop{database.url(), true};
    auto const start = Clock::now();
    database.run(one_statement);
    while (database.value("SELECT sum(value) FROM bare_cache") != std::to_string(rows))
        if (since(start) > limit_s) throw std::runtime_error{"the bare loop does not end"};
    return rows / since(start);
}

} // namespace

void bulk(Report& report, test::Cluster& cluster, test::MarketServer const& market) {
    auto const bare = bare_rows_per_second(cluster);
    test::Database database{cluster};
    auto const queue = job_queue_rows_per_second(database.url());
    auto const why = machine(cluster.folder());
    report.add_reference({"100,000 trades in one statement, bare libpq loop", bare, "/s"},
                         {99000, 99000}, why);
    report.add_reference({"a job queue, a job a row", queue, "/s"}, {540, 540}, why);

    add_portfolios(database);
    test::Daemon daemon{database, market, quiet_schedule, ""};
    daemon.start();
    work_off(database, limit_s);
    auto const start = Clock::now();
    database.run(one_statement);
    auto const entered = since(start);
    work_off(database, limit_s);
    auto const done = since(start);
    await_snapshots(database, limit_s);
    auto const followed = since(start);
    require_all_right(daemon, database);
    report.add({"100,000 trades in one statement: entered", entered, "s"});
    report.add({"100,000 trades in one statement: until all is right", done, "s", "bare libpq loop",
                rows / bare, "<= 5", done <= 5});
    report.add({"100,000 trades in one statement: until their snapshots follow", followed, "s"});

    auto const eight = inserts_per_second(cluster, database, Spread::uniform, 8, "-t 12500");
    auto const left = std::stod(database.value("SELECT count(*) FROM portfoliod.pending_changes"));
    auto const backlog = work_off(database, limit_s);
    require_all_right(daemon, database);
    report.add({"100,000 single inserts, 8 clients", eight, "/s"});
    report.add({"changes not worked off when they ended", left, "rows"});
    report.add({"until they were", backlog, "s", {}, {}, "<= 5", backlog <= 5});
    auto const memory = daemon.peak_memory_mb();
    report.add({"the daemon's memory at its highest", memory, "MB", {}, {}, "<= 60", memory <= 60});
    daemon.stop();
}

} // namespace portfoliod::bench
