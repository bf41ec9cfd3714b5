// Connections that die without a word: a wire that is cut, a server that stands still. No end of a
// connection tells the daemon, and the fallback poll is an hour here, so that what is lost shows.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/proxy.hpp"
#include "support/waiting.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto all_off_but_an_hourly_look =
    "{quotes: off, exchange_rates: off, performance: off, upkeep: off, fallback_poll: 1h}";
/// The documented bounds are 30, 60 and 10 s by default.
constexpr auto short_times = "answer_time_max: 1s, statement_time_max: 2s";
constexpr auto short_heartbeat = "bus: {heartbeat: 1s}\nlog: {level: debug}\n";
constexpr auto noticed = "database unreachable, retrying: the server did not answer within 1 s";

constexpr auto unsettled =
    "SELECT (SELECT count(*) FROM portfoliod.pending_changes) + "
    "(SELECT count(*) FROM backfill_queue WHERE status <> 'completed') + "
    "(SELECT count(*) FROM portfolio_positions p LEFT JOIN portfolio_performance_cache c "
    "ON c.portfolio_id = p.portfolio_id WHERE c.total_invested_usd IS DISTINCT FROM "
    "(SELECT sum(round(quantity * price, 2)) FROM transactions t "
    "WHERE t.portfolio_id = p.portfolio_id AND transaction_type = 'buy'))";

/// Who runs the schedule.
constexpr auto leader =
    "SELECT coalesce((SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND "
    "objid = 2 AND granted AND database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database())), 0)";

/// The daemon's sessions of this name on the server.
std::string sessions(std::string_view name, std::string_view what = "count(*)") {
    return fmt::format("SELECT {} FROM pg_stat_activity WHERE datname = current_database() AND "
                       "application_name = 'portfoliod {}'",
                       what, name);
}

/// It looked, and found nothing or writers to wait for.
auto const drain_at_rest = sessions(
    "drain", "bool_and(state = 'idle' AND state_change < clock_timestamp() - interval '300 ms')");

/// A daemon behind a proxy, with one portfolio that holds one share.
struct BehindAProxy {
    test::Database database;
    test::MarketServer market;
    test::Proxy proxy{database};
    test::Daemon daemon{fmt::format("{{url: \"{}\", {}}}", proxy.url(), short_times), market,
                        all_off_but_an_hourly_look, short_heartbeat};
    test::Waiting waiting{database};
    int portfolio = test::add_portfolio(database, "ann@example.org");
    int asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");

    BehindAProxy() {
        daemon.start();
        buy();
        waiting.until(unsettled, "0");
    }

    void buy() { test::buy(database, portfolio, asset, "1", "100", "2026-03-02"); }

    /// Whatever happened, the next change is worked off at once, and verify agrees.
    void expect_all_is_well() {
        waiting.until(unsettled, "0");
        buy();
        waiting.until(unsettled, "0");
        CHECK(daemon.stop() == 0);
        CHECK_MESSAGE(daemon.run("verify") == 0, daemon.output());
    }
};

unsigned short free_port() {
    using boost::asio::ip::tcp;
    boost::asio::io_context loop;
    auto const any = tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0};
    return tcp::acceptor{loop, any}.local_endpoint().port();
}

/// How many connections of the server's port will be asked for a sign of life within this time.
int keepalives_within(std::chrono::seconds time, unsigned short port) {
    std::ifstream sockets{"/proc/net/tcp"};
    auto count = 0;
    // sl local_address remote_address state tx_queue:rx_queue timer:jiffies …, in hexadecimal
    for (std::string line; std::getline(sockets, line);) {
        char local[32];
        auto timer = 0U;
        auto jiffies = 0UL;
        if (std::sscanf(line.c_str(), "%*s %31s %*s 01 %*s %x:%lx", local, &timer, &jiffies) == 3 &&
            std::string_view{local}.ends_with(fmt::format(":{:04X}", port)) && timer == 2 &&
            jiffies <= static_cast<unsigned long>(time.count() * ::sysconf(_SC_CLK_TCK)))
            ++count;
    }
    return count;
}

/// A process of the server that stands still while this lives, with nothing in its hands.
class Stopped {
  public:
    Stopped(test::Database& database, std::string_view session)
        : pid_(std::stoi(database.value(sessions(session, "pid")))) {
        for (;;) {
            ::kill(pid_, SIGSTOP);
            if (database.value(sessions(session, "state")) == "idle") return;
            ::kill(pid_, SIGCONT);
            std::this_thread::yield();
        }
    }

    Stopped(Stopped const&) = delete;
    Stopped& operator=(Stopped const&) = delete;

    ~Stopped() { ::kill(pid_, SIGCONT); }

  private:
    pid_t pid_;
};

} // namespace

TEST_CASE("a wire cut without a word is noticed, and what was missed is caught up with") {
    BehindAProxy world;
    auto const started = std::chrono::steady_clock::now();
    CHECK(world.proxy.cut() >= 2);
    world.buy();
    world.daemon.wait_for_log(noticed);
    // A heartbeat and an answer that did not come are 2 s; the rest is for a busy machine.
    CHECK(std::chrono::steady_clock::now() - started < 10s);
    world.buy();
    CHECK(world.daemon.log().find("reachable again") == std::string::npos);
    world.proxy.mend();
    world.daemon.wait_for_log("database reachable again");
    world.expect_all_is_well();
}

TEST_CASE("when the listening connection alone is cut, the heartbeat finds what nobody heard of") {
    BehindAProxy world;
    CHECK(world.proxy.cut("portfoliod listener") == 1);
    world.proxy.mend();
    world.buy();
    world.daemon.wait_for_log(noticed);
    world.daemon.wait_for_log("database reachable again");
    // The server knows nothing yet of the end of the one before, and keeps the lead for it.
    CHECK(world.database.value(sessions("listener")) == "2");
    world.waiting.until(unsettled, "0");
    auto const before = world.database.value(leader);
    world.proxy.tell_server();
    world.waiting.until(sessions("listener"), "1");
    world.waiting.until(fmt::format("SELECT ({}) NOT IN (0, {})", leader, before), "t");
    world.expect_all_is_well();
}

TEST_CASE("a bell held and given back while the listener was away leaves no silent writer behind") {
    BehindAProxy world;
    CHECK(world.proxy.cut("portfoliod listener") == 1);
    world.daemon.wait_for_log(noticed);
    auto const portfolio = test::add_portfolio(world.database, "bob@example.org");
    db::Session user{{world.database.url(), "user"}};
    auto peer = std::make_unique<db::Session>(db::SessionOptions{world.database.url(), "peer"});
    {
        auto transaction = peer->begin();
        REQUIRE(transaction.execute("SELECT portfoliod.take_doorbell()").one().boolean(0));
        transaction.commit();
    }
    auto writing = user.begin();
    writing.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                    "price, timestamp) VALUES ($1, $2, 'buy', 1, 10, '2026-03-02')",
                    {portfolio, world.asset});
    peer.reset();
    world.proxy.mend();
    world.daemon.wait_for_log("database reachable again");
    world.buy();
    world.waiting.until(unsettled, "0");
    world.waiting.until(drain_at_rest, "t");
    writing.commit();
    world.expect_all_is_well();
}

TEST_CASE("when the working connection is cut while it idles, the next change finds it out") {
    BehindAProxy world;
    CHECK(world.proxy.cut("portfoliod drain") == 1);
    world.proxy.mend();
    auto const started = std::chrono::steady_clock::now();
    world.buy();
    world.waiting.until(unsettled, "0");
    CHECK(std::chrono::steady_clock::now() - started < 10s);
    CHECK(world.daemon.log().find("unreachable") == std::string::npos);
    world.expect_all_is_well();
}

TEST_CASE("a working connection cut in the middle of a drain gives its changes back") {
    BehindAProxy world;
    db::Session user{{world.database.url(), "user"}};
    auto holding = user.begin();
    holding.execute("LOCK TABLE tracked_assets IN SHARE MODE");
    world.buy();
    // Sold, and so counted anew: the drain waits for the table with the changes in its hands.
    test::sell(world.database, world.portfolio, world.asset, "2", "100", "2026-03-03");
    world.waiting.until(sessions("drain", "count(*) FILTER (WHERE wait_event_type = 'Lock')"), "1");
    CHECK(world.proxy.cut("portfoliod drain") == 1);
    world.proxy.mend();
    holding.commit();
    // A new session looks, and finds that the old one still has them.
    world.waiting.until(sessions("drain"), "2");
    CHECK(world.database.value("SELECT count(*) > 0 FROM portfoliod.pending_changes") == "t");
    world.proxy.tell_server();
    world.waiting.until("SELECT count(*) FROM portfoliod.pending_changes", "0");
    world.waiting.until("SELECT tracking_users FROM tracked_assets", "0");
    world.expect_all_is_well();
}

TEST_CASE("a commit whose answer is cut off has happened once") {
    BehindAProxy world;
    {
        auto transaction = world.database.session().begin();
        transaction.execute_script(
            "CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_advisory_xact_lock_shared(1, 1); RETURN NULL; END $$; "
            "CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON portfolio_performance_cache "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            "WHEN (NEW.total_invested_usd IS DISTINCT FROM OLD.total_invested_usd) "
            "EXECUTE FUNCTION wait_for_the_test()");
        transaction.commit();
    }
    db::Session user{{world.database.url(), "user"}};
    auto holding = user.begin();
    holding.execute("SELECT pg_advisory_xact_lock(1, 1)");
    world.buy();
    world.waiting.until(sessions("drain", "count(*) FILTER (WHERE wait_event_type = 'Lock' AND "
                                          "query = 'COMMIT')"),
                        "1");
    CHECK(world.proxy.cut("portfoliod drain") == 1);
    world.proxy.mend();
    holding.commit();
    // What the daemon never heard of, before it is sure of anything.
    world.waiting.until("SELECT total_invested_usd FROM portfolio_performance_cache", "200.00");
    CHECK(world.database.value("SELECT count(*) FROM portfoliod.pending_changes WHERE asset_id IS "
                               "NOT NULL") == "0");
    world.expect_all_is_well();
}

TEST_CASE("every session has the server look for its end within a minute") {
    // Over TCP, since a local socket has no keepalives.
    auto const port = free_port();
    auto const cluster =
        test::Cluster::start(test::Durability::relaxed,
                             fmt::format("listen_addresses = '127.0.0.1'\nport = {}\n", port));
    auto const way =
        fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres sslmode=disable", port);
    db::Session session{{way, "session"}};
    db::Listening const listening{{way, "listening"}, {"transaction_created"}};
    auto transaction = session.begin();
    CHECK(transaction
              .execute("SELECT concat_ws(' ', current_setting('tcp_keepalives_idle'), "
                       "current_setting('tcp_keepalives_interval'), "
                       "current_setting('tcp_keepalives_count'), "
                       "current_setting('tcp_user_timeout'), "
                       "current_setting('client_connection_check_interval'))")
              .one()
              .string(0) == "30 10 3 30000 2s");
    transaction.commit();
    // Both: what the kernel waits for on the server's side. An acknowledgement may be under way.
    auto const deadline = std::chrono::steady_clock::now() + 10s;
    while (keepalives_within(30s, port) < 2 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    CHECK(keepalives_within(30s, port) == 2);
}

TEST_CASE("a server process that stands still is given up, the listener's and the drain's") {
    // Of its own: a server with a process that stands still cannot drop a database.
    auto cluster = test::Cluster::start();
    test::Database database{cluster};
    test::MarketServer market;
    test::Daemon daemon{fmt::format("{{url: \"{}\", {}}}", database.url(), short_times), market,
                        all_off_but_an_hourly_look, short_heartbeat};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    daemon.start();
    test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
    waiting.until(unsettled, "0");
    {
        auto const stopped = Stopped{database, "listener"};
        auto const started = std::chrono::steady_clock::now();
        test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
        daemon.wait_for_log(noticed);
        daemon.wait_for_log("database reachable again");
        waiting.until(unsettled, "0");
        CHECK(std::chrono::steady_clock::now() - started < 10s);
    }
    waiting.until(sessions("listener"), "1");
    {
        auto const stopped = Stopped{database, "drain"};
        auto const started = std::chrono::steady_clock::now();
        test::buy(database, portfolio, asset, "1", "100", "2026-03-02");
        waiting.until(unsettled, "0");
        CHECK(std::chrono::steady_clock::now() - started < 10s);
    }
    waiting.until(sessions("drain"), "1");
    CHECK(daemon.stop() == 0);
    CHECK_MESSAGE(daemon.run("verify") == 0, daemon.output());
}
