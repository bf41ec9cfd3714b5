#include "bench/latency.hpp"

#include "bench/bare_loop.hpp"
#include "bench/books.hpp"
#include "bench/machine.hpp"
#include "bench/writers.hpp"
#include "db/listening.hpp"
#include "db/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace portfoliod::bench {

namespace {

constexpr auto assets = 15;

Percentiles percentiles(std::vector<double> values) {
    std::ranges::sort(values);
    return {values[values.size() / 2], values[values.size() * 99 / 100], values.back()};
}

db::Notification next(db::Listening& ear) {
    for (;;) {
        if (auto const heard = ear.take(); !heard.empty()) {
            if (heard.size() > 1) throw std::runtime_error{"one insert was announced twice"};
            return heard.front();
        }
        auto readable = pollfd{ear.socket(), POLLIN, 0};
        if (::poll(&readable, 1, 10'000) == 0)
            throw std::runtime_error{"nothing was announced for 10 s"};
    }
}

/// value_usd: what portfolio 1 is worth before; 0 = the announcements tell no value.
Percentiles measure(test::Database& database, int inserts, std::int64_t value_usd) {
    db::Session user{{database.url(), "user"}};
    db::Listening ear{{database.url(), "ear"}, {"portfolio_updated"}};
    std::vector<double> times_ms;
    for (auto i = 0; i < inserts; ++i) {
        auto const asset = 1 + i % assets;
        auto const start = Clock::now();
        auto transaction = user.begin();
        transaction.execute(
            "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
            "price, timestamp) VALUES (1, $1, 'buy', 1, 100, clock_timestamp() AT TIME ZONE 'UTC')",
            {asset});
        transaction.commit();
        auto const heard = next(ear);
        times_ms.push_back(since(start) * 1000);
        if (value_usd == 0) continue;
        value_usd += latest_close(asset);
        auto const expected = fmt::format("\"current_value_usd\" : {}.00,", value_usd);
        if (heard.payload.find(expected) == std::string::npos)
            throw std::runtime_error{fmt::format("{} has no {}", heard.payload, expected)};
    }
    return percentiles(std::move(times_ms));
}

Percentiles measure_bare(test::Cluster& cluster, int inserts, bool await_disk) {
    test::Database database{cluster};
    add_portfolios(database);
    add_history(database);
    with_bare_triggers(database);
    BareLoop const loop{database.url(), await_disk};
    return measure(database, inserts, 0);
}

Percentiles measure_ours(test::Cluster& cluster, test::MarketServer const& market, int inserts) {
    test::Database database{cluster};
    add_portfolios(database);
    add_history(database);
    test::Daemon daemon{database, market, quiet_schedule, ""};
    daemon.start();
    work_off(database, 60);
    await_snapshots(database, 60);
    auto const value = std::stoll(database.value(
        "SELECT trunc(current_value_usd) FROM portfolio_performance_cache WHERE portfolio_id = 1"));
    auto const ours = measure(database, inserts, value);
    work_off(database, 10);
    require_all_right(daemon, database);
    daemon.stop();
    return ours;
}

} // namespace

Percentiles announced_after(test::Database& database, int inserts) {
    return measure(database, inserts, 0);
}

void latency(Report& report, test::Cluster& cluster, test::MarketServer const& market,
             int inserts) {
    auto const bare = measure_bare(cluster, inserts, true);
    // Our drain's commit does not wait for the disk; here is what that alone is worth.
    auto const hasty = measure_bare(cluster, inserts, false);
    auto const ours = measure_ours(cluster, market, inserts);
    auto const why = machine(cluster.folder());
    report.add_reference({"bare libpq loop, p50", bare.p50, "ms"}, {1.0, 1.2}, why);
    report.add_reference({"bare libpq loop, p99", bare.p99, "ms"}, {2.7, 3.9}, why);
    report.add({"bare libpq loop, its commits not awaiting the disk, p50", hasty.p50, "ms"});
    report.add({"bare libpq loop, its commits not awaiting the disk, p99", hasty.p99, "ms"});
    auto const add = [&](char const* name, double value, double reference, bool judged) {
        Figure figure{name, value, "ms", "bare libpq loop", reference};
        if (judged) {
            figure.goal = "<= 2 x";
            figure.met = figure.ratio() <= 2;
        }
        report.add(figure);
    };
    add("insert to portfolio_updated, p50", ours.p50, bare.p50, true);
    add("insert to portfolio_updated, p99", ours.p99, bare.p99, true);
    add("insert to portfolio_updated, longest", ours.max, bare.max, false);
}

} // namespace portfoliod::bench
