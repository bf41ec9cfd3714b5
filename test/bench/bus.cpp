#include "bench/bus.hpp"

#include "bench/bare_loop.hpp"
#include "db/listening.hpp"
#include "support/daemon.hpp"
#include "support/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <poll.h>
#include <stdexcept>

namespace portfoliod::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto nothing_left = "SELECT NOT EXISTS (SELECT FROM portfoliod.pending_changes)";
constexpr auto quiet_schedule =
    "{quotes: off, exchange_rates: off, performance: off, upkeep: off, fallback_poll: 60s}";

double since(Clock::time_point start) { return Seconds{Clock::now() - start}.count(); }

double await(test::Database& database, std::string_view query, double limit_s) {
    auto const start = Clock::now();
    db::Listening ear{{database.url(), "bench"}, {"portfolio_updated"}};
    while (database.value(query) != "t") {
        if (since(start) > limit_s)
            throw std::runtime_error{fmt::format("after {} s still not: {}", limit_s, query)};
        ear.probe(); // a round trip, and with it what was announced
    }
    return since(start);
}

/// 1,000 portfolios and 20 assets with a price, a position for each pair, a cache row for each portfolio.
void populate(test::Database& database) {
    for (auto const* const sql :
         {"INSERT INTO users (email, password_hash) "
          "SELECT 'user' || i || '@example.org', 'x' FROM generate_series(1, 1000) AS i",
          "INSERT INTO portfolios (user_id, name) SELECT id, 'savings' FROM users",
          "INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) "
          "SELECT 'S' || i, 'Share ' || i, 'stock', 'NASDAQ', 'USD' FROM generate_series(1, 20) AS "
          "i",
          "INSERT INTO asset_prices (asset_id, timestamp, close, is_final) "
          "SELECT id, day, 100 + extract(doy FROM day) / 10, true FROM assets, "
          "generate_series((now() AT TIME ZONE 'UTC')::date - 730, (now() AT TIME ZONE "
          "'UTC')::date - 1, "
          "'1 day') AS day",
          "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
          "timestamp) "
          "SELECT portfolios.id, assets.id, 'buy', 1, 100, now() AT TIME ZONE 'UTC' - interval "
          "'400 days' "
          "FROM portfolios, assets",
          "INSERT INTO portfolio_performance_cache (portfolio_id, current_value_usd, "
          "total_invested_usd) "
          "SELECT id, 0, 0 FROM portfolios ON CONFLICT DO NOTHING",
          "ANALYZE"})
        database.run(sql);
}

/// Transactions per second of pgbench's clients, each inserting one trade a commit.
double inserts_per_second(test::Cluster const& cluster, test::Database const& database,
                          std::filesystem::path const& script, int clients,
                          std::string const& how_long) {
    auto const said = test::shell(
        fmt::format("{}/pgbench -n -M prepared -h {} -U postgres -c {} -j 2 {} -f {} {}",
                    test::server_programs(), cluster.folder().string(), clients, how_long,
                    script.string(), database.name()));
    auto const at = said.find("tps = ");
    if (at == std::string::npos) throw std::runtime_error{"pgbench said: " + said};
    return std::atof(said.c_str() + at + 6);
}

std::filesystem::path write_script(std::filesystem::path const& folder, bool one_position) {
    auto const file = folder / (one_position ? "hot.pgbench" : "uniform.pgbench");
    std::ofstream{file}
        << (one_position ? "\\set p 1\n\\set a 1\n"
                         : "\\set p random(1, 1000)\n\\set a random(1, 20)\n")
        << "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
           "price, timestamp) VALUES (:p, :a, 'buy', 1, 100, clock_timestamp() AT TIME ZONE "
           "'UTC');\n";
    return file;
}

void without_triggers(test::Database& database) {
    database.run("ALTER TABLE transactions DISABLE TRIGGER USER");
}

/// The trigger of the data model's first design, word for word but for its name.
void with_first_designs_trigger(test::Database& database) {
    without_triggers(database);
    database.run(
        "CREATE FUNCTION first_design() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_notify('transaction_created', json_build_object('transaction_id', NEW.id, "
        "'asset_id', NEW.asset_id, 'timestamp', NEW.timestamp)::text); "
        "UPDATE portfolio_performance_cache SET last_updated = NOW() - INTERVAL '1 hour' "
        "WHERE portfolio_id = NEW.portfolio_id; RETURN NEW; END; $$");
    database.run("CREATE TRIGGER first_design AFTER INSERT ON transactions FOR EACH ROW "
                 "EXECUTE FUNCTION first_design()");
}

struct Writers {
    double one, eight, thirty_two, hot;
};

Writers measure_writers(test::Cluster const& cluster, test::Database const& database,
                        std::filesystem::path const& folder, std::chrono::seconds each) {
    auto const uniform = write_script(folder, false);
    auto const hot = write_script(folder, true);
    auto const run = [&](std::filesystem::path const& script, int clients) {
        return inserts_per_second(cluster, database, script, clients,
                                  fmt::format("-T {}", each.count()));
    };
    return {run(uniform, 1), run(uniform, 8), run(uniform, 32), run(hot, 32)};
}

std::string positions_are_right() {
    return "SELECT NOT EXISTS (SELECT FROM portfolio_positions p JOIN (SELECT portfolio_id, "
           "asset_id, "
           "sum(quantity) AS bought FROM transactions GROUP BY 1, 2) t USING (portfolio_id, "
           "asset_id) "
           "WHERE p.quantity <> t.bought)";
}

std::string caches_are_right() {
    return "SELECT NOT EXISTS (SELECT FROM portfolio_performance_cache c JOIN (SELECT "
           "portfolio_id, "
           "sum(quantity * price) AS paid FROM transactions GROUP BY 1) t USING (portfolio_id) "
           "WHERE c.total_invested_usd <> t.paid)";
}

void require(test::Database& database, std::string const& query) {
    if (database.value(query) != "t") throw std::runtime_error{"not true: " + query};
}

void write_path(Report& report, test::Cluster& cluster, test::MarketServer const& market,
                std::filesystem::path const& folder, BusOptions const& options) {
    auto const measure_plain = [&](void (*prepare)(test::Database&)) {
        test::Database database{cluster};
        populate(database);
        prepare(database);
        return measure_writers(cluster, database, folder, options.write_path);
    };
    auto const measure_ours = [&](char const* doorbell, double* backlog_s) {
        test::Database database{cluster};
        populate(database);
        test::Daemon daemon{database, market, quiet_schedule,
                            fmt::format("bus: {{doorbell: {}}}\n", doorbell)};
        daemon.start();
        await(database, nothing_left, 60);
        auto const writers = measure_writers(cluster, database, folder, options.write_path);
        *backlog_s = await(database, nothing_left, 120);
        require(database, positions_are_right());
        require(database, caches_are_right());
        daemon.stop();
        return writers;
    };
    auto backlog = 0.0;
    auto const none = measure_plain(without_triggers);
    auto const first = measure_plain(with_first_designs_trigger);
    auto const ringing = measure_ours("off", &backlog);
    auto const ours = measure_ours("auto", &backlog);
    auto const add = [&](char const* what, double Writers::* which, bool goal) {
        auto const name = [&](char const* how) { return fmt::format("{}, {}", what, how); };
        report.add({name("no trigger"), none.*which, "/s"});
        report.add({name("first design's trigger"), first.*which, "/s"});
        report.add({name("ours, always ringing"), ringing.*which, "/s", "first design's trigger",
                    first.*which});
        Figure figure{name("ours"), ours.*which, "/s", "first design's trigger", first.*which};
        if (goal) {
            figure.goal = ">= 1.5 x";
            figure.met = figure.ratio() >= 1.5;
        }
        report.add(figure);
    };
    add("inserts, 1 client", &Writers::one, false);
    add("inserts, 8 clients", &Writers::eight, false);
    add("inserts, 32 clients", &Writers::thirty_two, true);
    add("inserts into one position, 32 clients", &Writers::hot, false);
    report.add(
        {"backlog after the last of these runs", backlog, "s", {}, {}, "<= 5", backlog <= 5});
}

struct Percentiles {
    double p50, p99, max;
};

Percentiles percentiles(std::vector<double> values) {
    std::ranges::sort(values);
    return {values[values.size() / 2], values[values.size() * 99 / 100], values.back()};
}

/// Milliseconds from before an INSERT until its portfolio is announced.
Percentiles latency(test::Database& database, int inserts) {
    db::Session user{{database.url(), "user"}};
    db::Listening ear{{database.url(), "ear"}, {"portfolio_updated"}};
    std::vector<double> times;
    for (auto i = 0; i < inserts; ++i) {
        auto const start = Clock::now();
        auto transaction = user.begin();
        transaction.execute(
            "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
            "price, timestamp) VALUES (1, $1, 'buy', 1, 100, clock_timestamp() AT TIME ZONE 'UTC')",
            {1 + i % 15});
        transaction.commit();
        while (ear.take().empty()) {
            auto readable = pollfd{ear.socket(), POLLIN, 0};
            if (::poll(&readable, 1, 10'000) == 0)
                throw std::runtime_error{"nothing was announced for 10 s"};
        }
        times.push_back(since(start) * 1000);
    }
    return percentiles(std::move(times));
}

void latencies(Report& report, test::Cluster& cluster, test::MarketServer const& market,
               BusOptions const& options) {
    auto const fill = [](test::Database& database) {
        populate(database);
        database.run("DELETE FROM transactions WHERE portfolio_id > 1 OR asset_id > 15");
        database.run(
            "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
            "timestamp) SELECT 1, 1 + i % 15, 'buy', 1, 100, now() AT TIME ZONE 'UTC' - interval "
            "'380 days' "
            "+ i * interval '1 hour' FROM generate_series(1, 485) AS i");
    };
    Percentiles bare{};
    {
        test::Database database{cluster};
        fill(database);
        without_triggers(database);
        for (auto const* const sql :
             {"CREATE TABLE bare_outbox (portfolio_id integer)",
              "CREATE TABLE bare_cache (portfolio_id integer PRIMARY KEY, value numeric)",
              "INSERT INTO bare_cache SELECT id, 0 FROM portfolios",
              "CREATE FUNCTION bare() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
              "INSERT INTO bare_outbox VALUES (NEW.portfolio_id); "
              "PERFORM pg_notify('transaction_created', NEW.id::text); RETURN NULL; END $$",
              "CREATE TRIGGER bare AFTER INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION "
              "bare()"})
            database.run(sql);
        BareLoop const loop{database.url()};
        bare = latency(database, options.latencies);
    }
    test::Database database{cluster};
    fill(database);
    test::Daemon daemon{database, market, quiet_schedule, ""};
    daemon.start();
    await(database, nothing_left, 60);
    auto const ours = latency(database, options.latencies);
    await(database, nothing_left, 10);
    require(database, caches_are_right());
    daemon.stop();
    auto const add = [&](char const* name, double value, double reference, bool goal) {
        Figure figure{name, value, "ms", "bare libpq loop", reference};
        if (goal) {
            figure.goal = "<= 2 x";
            figure.met = figure.ratio() <= 2;
        }
        report.add(figure);
    };
    add("insert to portfolio_updated, p50", ours.p50, bare.p50, true);
    add("insert to portfolio_updated, p99", ours.p99, bare.p99, true);
    add("insert to portfolio_updated, longest", ours.max, bare.max, false);
}

void bulk(Report& report, test::Cluster& cluster, test::MarketServer const& market,
          std::filesystem::path const& folder) {
    test::Database database{cluster};
    populate(database);
    test::Daemon daemon{database, market, quiet_schedule, ""};
    daemon.start();
    await(database, nothing_left, 60);
    auto const start = Clock::now();
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) "
                 "SELECT 1 + i % 1000, 1 + i / 1000 % 20, 'buy', 1, 100, "
                 "now() AT TIME ZONE 'UTC' - interval '300 days' + i * interval '1 minute' "
                 "FROM generate_series(0, 99999) AS i");
    auto const entered = since(start);
    await(database, nothing_left, 120);
    auto const done = since(start);
    require(database, positions_are_right());
    require(database, caches_are_right());
    report.add({"100,000 trades in one statement: entered", entered, "s"});
    report.add({"100,000 trades in one statement: all caches right",
                done,
                "s",
                {},
                {},
                "<= 5",
                done <= 5});

    auto const eight =
        inserts_per_second(cluster, database, write_script(folder, false), 8, "-t 12500");
    auto const left = std::stod(database.value("SELECT count(*) FROM portfoliod.pending_changes"));
    auto const backlog = await(database, nothing_left, 120);
    require(database, positions_are_right());
    require(database, caches_are_right());
    report.add({"100,000 single inserts, 8 clients", eight, "/s"});
    report.add({"changes not worked off when they ended", left, "rows"});
    report.add({"until they were", backlog, "s", {}, {}, "<= 5", backlog <= 5});
    auto const memory = daemon.peak_memory_mb();
    report.add({"the daemon's memory at its highest", memory, "MB", {}, {}, "<= 60", memory <= 60});
    daemon.stop();
}

} // namespace

void bus(Report& report, BusOptions const& options) {
    auto cluster = test::Cluster::start(test::Durability::as_installed);
    test::MarketServer const market;
    auto const folder = cluster.folder();
    latencies(report, cluster, market, options);
    bulk(report, cluster, market, folder);
    write_path(report, cluster, market, folder, options);
}

} // namespace portfoliod::bench
