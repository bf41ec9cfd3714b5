#include "bench/backfill.hpp"

#include "base/run_to_end.hpp"
#include "db/listening.hpp"
#include "market/https.hpp"
#include "support/daemon.hpp"
#include "support/database.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <poll.h>
#include <stdexcept>

namespace portfoliod::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int assets = 200;
constexpr double share_min = 0.5; // of psql's rows a second
constexpr double memory_mb_max = 60;
constexpr auto limit = std::chrono::minutes{10};
constexpr auto quiet_schedule =
    "{quotes: off, exchange_rates: off, performance: off, upkeep: off, fallback_poll: 60s}";

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void add_assets(test::Database& database) {
    database.run("INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) "
                 "SELECT 'S' || i, 'Share ' || i, 'stock', 'NASDAQ', 'USD' FROM generate_series(1, "
                 "$1::int) AS i",
                 {assets});
}

/// One purchase of each, a year less than `years` ago: history begins a year before.
void buy_all(test::Database& database, int years) {
    database.run("INSERT INTO users (email, password_hash) VALUES ('ann@example.org', 'x')");
    database.run("INSERT INTO portfolios (user_id, name) SELECT id, 'savings' FROM users");
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, timestamp) "
                 "SELECT 1, id, 'buy', 1, 100, (now() AT TIME ZONE 'UTC') - make_interval(years => "
                 "$1, hours => 1) FROM assets",
                 {years - 1});
}

/// Counts what is announced, so as to ask for nothing meanwhile, and looks when that is enough.
void wait_for_jobs(test::Database& database, db::Listening& ear) {
    auto const start = Clock::now();
    std::size_t ended = 0;
    while (ended < assets || database.value("SELECT count(*) FILTER (WHERE status = 'completed') "
                                            "FROM backfill_queue") != std::to_string(assets)) {
        if (Clock::now() - start > limit)
            throw std::runtime_error{
                "the history did not come: " +
                database.value("SELECT max(error_message) FROM backfill_queue")};
        pollfd waiting{ear.socket(), POLLIN, 0};
        ::poll(&waiting, 1, 1000);
        ended += ear.take().size();
    }
}

/// psql's \copy of these rows into the table of a new database, triggers and all; seconds.
double copy_by_psql(test::Cluster& cluster, test::Database const& filled) {
    test::Database fresh{cluster};
    add_assets(fresh);
    auto const file = cluster.folder() / "prices.copy";
    auto const psql = [&](test::Database const& database, std::string const& command) {
        test::shell(fmt::format("{}/psql -X -q -v ON_ERROR_STOP=1 -h {} -U postgres {} -c \"{}\"",
                                test::server_programs(), cluster.folder().string(), database.name(),
                                command));
    };
    psql(filled,
         fmt::format(
             "\\copy (SELECT asset_id, timestamp, open, high, low, close, volume, source, is_final "
             "FROM asset_prices ORDER BY asset_id, timestamp) TO '{}'",
             file.string()));
    auto const start = Clock::now();
    psql(fresh, fmt::format("\\copy asset_prices (asset_id, timestamp, open, high, low, close, "
                            "volume, source, is_final) "
                            "FROM '{}'",
                            file.string()));
    auto const took = since(start);
    std::filesystem::remove(file);
    return took;
}

/// The daemon's questions asked once more, one after the other, and the answers thrown away: what of its time is the made-up
/// provider's and TLS's. Seconds.
double ask_again(test::MarketServer const& market, std::vector<std::string> const& targets) {
    boost::asio::io_context loop{1};
    market::HttpsClient client{loop.get_executor(), market.ca_file()};
    auto const start = Clock::now();
    for (auto const& target : targets)
        run_to_end(loop, client.get(market::Url::parse(market.url(target)), {}));
    return since(start);
}

void years_of_history(Report& report, test::Cluster& cluster, int years) {
    test::MarketServer market;
    test::Database database{cluster};
    add_assets(database);
    buy_all(database, years);
    test::Daemon daemon{database, market, quiet_schedule, "log: {level: warning}\n"};
    db::Listening ear{{database.url(), "bench"}, {"backfill_finished"}};
    daemon.start_unready();
    if (!market.wait_for(1, "/", std::chrono::seconds{10}))
        throw std::runtime_error{"nobody was asked for history"};
    auto const start = Clock::now();
    wait_for_jobs(database, ear);
    auto const took = since(start);
    auto const memory = daemon.peak_memory_mb();
    daemon.stop();
    auto const rows = std::stod(database.value("SELECT count(*) FROM asset_prices"));
    auto const alone = ask_again(market, market.requests());
    auto const copied = copy_by_psql(cluster, database);
    auto const name = fmt::format("{} assets x {} year{}", assets, years, years == 1 ? "" : "s");
    fmt::print(
        "{}: {:.0f} rows in {:.2f} s, from the first question on; {:.2f} s of it to fetch the "
        "answers alone\n",
        name, rows, took, alone);
    report.add({name + ", to visible rows", rows / took, "rows/s", "psql \\copy", rows / copied,
                ">= 0.5 x", rows / took >= share_min * rows / copied});
    report.add({name + ", the daemon's memory",
                memory,
                "MB",
                {},
                {},
                "<= 60 MB",
                memory <= memory_mb_max});
}

} // namespace

void backfill(Report& report) {
    auto cluster = test::Cluster::start(test::Durability::as_installed);
    for (auto const years : {1, 10}) years_of_history(report, cluster, years);
}

} // namespace portfoliod::bench
