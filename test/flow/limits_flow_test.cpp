// Limits that survive a restart, gaps that go to the next provider, and "later" that is never "nothing".
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/throttled_market.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace portfoliod;
using namespace std::chrono_literals;
using test::Fault;

namespace {

constexpr auto jobs_by_status =
    "SELECT string_agg(status || ' ' || n, ', ' ORDER BY status) FROM "
    "(SELECT status, count(*) AS n FROM backfill_queue GROUP BY status) AS s";

/// Shares bought on a day in September, one user.
struct Holder {
    test::Database database;
    test::MarketServer market;
    test::Waiting waiting{database};
    int portfolio = test::add_portfolio(database, "ann@example.org");

    int buy(std::string const& symbol, std::string const& day = "2026-09-01",
            std::string const& type = "stock") {
        auto const asset =
            test::add_asset(database, symbol, type, type == "stock" ? "NASDAQ" : "", "USD");
        test::buy(database, portfolio, asset, "1", "50", day);
        return asset;
    }

    void buy_many(int count) {
        for (auto i = 1; i <= count; ++i) buy(fmt::format("SHARE{}", i));
    }
};

/// Another limit for Yahoo than the daemons of the tests have, in its configuration.
void limit(test::Daemon const& daemon, std::string const& limits) {
    auto const file = daemon.folder() / "portfoliod.yaml";
    std::ifstream in{file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    std::string const usual = "{per_minute: 60000, concurrency: 4}";
    text.replace(text.find(usual, text.find("yahoo:")), usual.size(), limits);
    std::ofstream{file} << text;
}

} // namespace

TEST_CASE("two hundred assets complete under a limit although one answer in twenty is bad, and no "
          "request is sent that the limit forbids") {
    for (auto const seed : {1, 2, 3}) {
        auto const run = test::run({.seed = static_cast<std::uint64_t>(seed)});
        CAPTURE(seed);
        CHECK(run.completed == 200);
        CHECK(run.bad > 0);
        CHECK(run.requests == 200 + run.bad);
        CHECK(run.most_in_a_minute <= 60);
        CHECK(run.in_a_pause == 0);
        CHECK(run.took >= run.dictated);
        CHECK(run.took < 2 * run.dictated);
    }
}

TEST_CASE("assets of one type that wait for their provider keep no asset of another type from its "
          "history") {
    Holder holder;
    holder.market.misbehave(
        {.fault = Fault::too_many, .path = "/v8/", .times = 0, .retry_after = "25"});
    test::Daemon daemon{holder.database, holder.market};
    holder.buy_many(8);
    auto const coin = holder.buy("BTC", "2026-09-01", "crypto"); // the last in the queue
    daemon.start();
    holder.waiting.until(fmt::format("SELECT status FROM backfill_queue WHERE asset_id = {}", coin),
                         "completed");
    // Shares may be asked for again after 25 s only, and jobs wait for that as long as 30 s.
    CHECK(holder.database.value("SELECT count(*) FROM backfill_queue WHERE status = 'completed' "
                                "AND asset_id <> $1",
                                {coin}) == "0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a daemon that keeps connections for its next requests stops at once all the same") {
    Holder holder;
    test::Daemon daemon{holder.database, holder.market};
    daemon.start();
    holder.buy_many(20);
    holder.waiting.until(jobs_by_status, "completed 20");
    CHECK(holder.market.connections() < 10);
    auto const start = std::chrono::steady_clock::now();
    CHECK(daemon.stop() == 0);
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    CHECK(holder.market.wait_for_open(0));
}

TEST_CASE("a daemon killed with the day's budget spent sends nothing more when it starts again") {
    Holder holder;
    test::Daemon daemon{holder.database, holder.market};
    limit(daemon, "{per_day: 3, concurrency: 1}");
    daemon.start();
    holder.buy_many(6);
    holder.waiting.until(jobs_by_status, "completed 3, rate_limited 3");
    CHECK(holder.market.count("/v8/") == 3);
    for (auto i = 0; i < 2; ++i) {
        daemon.kill();
        // What waited for its turn is due at once for the next one.
        holder.database.run("UPDATE backfill_queue SET status = 'pending' WHERE status <> "
                            "'completed'");
        daemon.start();
        holder.waiting.until(jobs_by_status, "completed 3, rate_limited 3");
    }
    CHECK(holder.market.count("/v8/") == 3);
    CHECK(holder.database.value("SELECT count(*) FROM backfill_queue WHERE status = 'rate_limited' "
                                "AND attempts = 0 AND retry_after > (now() AT TIME ZONE 'UTC') + "
                                "interval '22 hours'") == "3");
    CHECK(holder.database.value("SELECT concat_ws(' ', most, used, left_now) FROM "
                                "portfoliod.provider_budgets WHERE provider = 'yahoo'") == "3 3 0");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("two daemons on one database send together what one may send") {
    Holder holder;
    test::Daemon one{holder.database, holder.market};
    test::Daemon two{holder.database, holder.market};
    for (auto* const daemon : {&one, &two}) limit(*daemon, "{per_day: 5, concurrency: 4}");
    one.start();
    two.start();
    holder.buy_many(12);
    holder.waiting.until(jobs_by_status, "completed 5, rate_limited 7");
    CHECK(holder.market.count("/v8/") == 5);
    CHECK(one.stop() == 0);
    CHECK(two.stop() == 0);
}

TEST_CASE("a daemon started again leaves alone who asked the one before it for an hour") {
    Holder holder;
    test::Daemon daemon{holder.database, holder.market};
    holder.market.misbehave({.fault = Fault::too_many, .path = "/v8/", .retry_after = "3600"});
    daemon.start();
    holder.buy("AAPL");
    holder.waiting.until("SELECT status FROM backfill_queue", "rate_limited");
    CHECK(holder.database.value("SELECT bool_and(paused_until - (now() AT TIME ZONE 'UTC') BETWEEN "
                                "'59 min' AND '61 min' AND pace = 0.5 AND problem LIKE "
                                "'yahoo answered 429%') FROM portfoliod.provider_budgets WHERE "
                                "provider = 'yahoo'") == "t");
    daemon.kill();
    holder.database.run("UPDATE backfill_queue SET status = 'pending'");
    daemon.start();
    holder.waiting.until("SELECT status FROM backfill_queue", "rate_limited");
    CHECK(holder.market.count("/v8/") == 1);
    CHECK(daemon.stop() == 0);
}

TEST_CASE("an asset listed later than its history is asked for is asked for once") {
    Holder holder;
    holder.market.list_since("LATE", parse_day("2026-06-01").value());
    test::Daemon daemon{holder.database, holder.market};
    daemon.start();
    auto const asset = holder.buy("LATE");
    holder.waiting.until(jobs_by_status, "completed 1");
    // All of the year before is nothing but the time before it was listed.
    test::buy(holder.database, holder.portfolio, asset, "1", "50", "2025-09-01");
    holder.waiting.until(jobs_by_status, "completed 2");
    CHECK(holder.database.value("SELECT min(timestamp)::date >= '2026-06-01' FROM asset_prices") ==
          "t");
    CHECK(holder.database.value("SELECT lower(served) FROM portfoliod.price_coverage") ==
          "2024-09-01");
    CHECK(daemon.stop() == 0);
    holder.database.run("UPDATE backfill_queue SET completed_at = completed_at - interval '1 day'");
    daemon.start();
    daemon.wait_for_log("listening");
    CHECK(daemon.stop() == 0);
    CHECK(holder.database.value(
              "SELECT count(*) FROM backfill_queue WHERE end_date < '2026-11-01'") == "1");
    // The days that are new since may have been asked for; those before it was listed never again.
    auto const listed = parse_day("2026-06-01").value().time_since_epoch() / 1s;
    auto const requests = holder.market.requests();
    CHECK(std::ranges::count_if(requests, [listed](std::string const& target) {
              static constexpr std::string_view from = "period1=";
              auto const at = target.find(from);
              return target.starts_with("/v8/finance/chart/LATE?") && at != std::string::npos &&
                     std::stoll(target.substr(at + from.size())) < listed;
          }) == 2);
}

namespace {

/// A folder of declarations in which Coinbase comes twice: "recent", which reaches back so many days,
/// and itself.
void add_recent(test::Daemon const& daemon, test::MarketServer const& market, int days,
                std::string const& route) {
    namespace fs = std::filesystem;
    auto const folder = daemon.folder() / "providers";
    fs::copy(fs::path{PROJECT_DIR} / "conf/providers", folder);
    std::ifstream in{folder / "coinbase.yaml"};
    std::string declaration{std::istreambuf_iterator<char>{in}, {}};
    auto const path = declaration.find("  path: /products");
    declaration.insert(path, fmt::format("  oldest: {}\n", days));
    std::ofstream{folder / "recent.yaml"} << declaration;

    auto const file = daemon.folder() / "portfoliod.yaml";
    std::ifstream configuration{file};
    std::string text{std::istreambuf_iterator<char>{configuration}, {}};
    auto const folder_at = text.find("providers_dir: ");
    text.replace(folder_at, text.find('\n', folder_at) - folder_at,
                 fmt::format("providers_dir: \"{}\"", folder.string()));
    text.replace(text.find("{yahoo:"), 1,
                 fmt::format("{{recent: {{base_url: \"{}\", ca_file: \"{}\"}}, ", market.url(),
                             market.ca_file().string()));
    text += fmt::format("routes: {{stock: [yahoo], crypto: [{}], rates_latest: [coinbase_rates], "
                        "rates_history: [ecb]}}\n",
                        route);
    std::ofstream{file} << text;
}

} // namespace

TEST_CASE("days that a provider does not reach back to go to the next one of the route at once") {
    Holder holder;
    test::Daemon daemon{holder.database, holder.market};
    add_recent(daemon, holder.market, 100, "recent, coinbase");
    daemon.start();
    holder.buy("BTC", "2026-09-01", "crypto");
    holder.waiting.until(jobs_by_status, "completed 2");
    CHECK(holder.database.value("SELECT string_agg(DISTINCT source, ' ' ORDER BY source) FROM "
                                "asset_prices") == "coinbase recent");
    auto const yesterday = to_text(SystemClock{}.today() - std::chrono::days{1});
    CHECK(holder.database.value("SELECT count(*) = ($1::date - '2025-09-01') + 1 FROM asset_prices",
                                {yesterday}) == "t");
    CHECK(
        holder.database.value("SELECT bool_and(source = CASE WHEN timestamp < (now() AT TIME ZONE "
                              "'UTC')::date - 100 THEN 'coinbase' ELSE 'recent' END) "
                              "FROM asset_prices") == "t");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("days that no provider reaches back to stay a gap that says so, and newer days are still "
          "asked for") {
    Holder holder;
    test::Daemon daemon{holder.database, holder.market};
    add_recent(daemon, holder.market, 100, "recent");
    daemon.start();
    holder.buy("BTC", "2026-09-01", "crypto");
    holder.waiting.until(jobs_by_status, "completed 1, failed 1");
    auto const message =
        holder.database.value("SELECT error_message FROM backfill_queue WHERE status = 'failed'");
    CHECK_MESSAGE(
        message.starts_with("recent reaches back 100 days; these days stay missing unless "
                            "a provider that reaches back further is added to the route"),
        message);
    CHECK(holder.database.value("SELECT lower(served) > '2026-01-01' FROM "
                                "portfoliod.price_coverage") == "t");
    CHECK(holder.database.value("SELECT count(*) FROM portfolio_problems WHERE kind = "
                                "'failed_job'") == "1");
    auto const asked = holder.market.count("/products/BTC-USD/candles");
    CHECK(daemon.stop() == 0);

    // As if the last three days were new, and all that was done before was done yesterday.
    holder.database.run("UPDATE portfoliod.price_coverage SET served = served - "
                        "datemultirange(daterange((now() AT TIME ZONE 'UTC')::date - 3, NULL))");
    holder.database.run("UPDATE backfill_queue SET completed_at = completed_at - interval '1 day'");
    daemon.start();
    holder.waiting.until(jobs_by_status, "completed 2, failed 1");
    CHECK(holder.market.count("/products/BTC-USD/candles") == asked + 1);
    CHECK(daemon.stop() == 0);
}
