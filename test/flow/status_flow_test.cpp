// portfoliod status: what a person sees of a daemon at work.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;

namespace {

void check_holds(std::string const& text, std::string const& part) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, "'", part, "' is not in:\n", text);
}

} // namespace

TEST_CASE("status says what is held, queued and used up, when the schedule ran, and what needs a "
          "person") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market,
                        "{quotes: off, exchange_rates: 1h, performance: off, upkeep: off}"};
    test::Waiting waiting{database};
    CHECK(daemon.run("status") == 0);
    check_holds(daemon.output(), "daemon          NOT RUNNING");
    check_holds(daemon.output(), "problems        none");

    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const share = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    auto const unknown = test::add_asset(database, "NOPE", "stock", "XETRA", "EUR");
    test::buy(database, portfolio, share, "2", "50", "2026-09-01");
    test::buy(database, portfolio, unknown, "1", "50", "2026-09-01");
    daemon.start();
    waiting.until("SELECT count(*) FROM backfill_queue WHERE status IN ('completed', 'failed')",
                  "2");
    waiting.until("SELECT count(*) FROM portfoliod.rate_backfill_queue WHERE status <> 'completed'",
                  "0");
    waiting.until("SELECT string_agg(task, ', ' ORDER BY task) FROM portfoliod.schedule_runs",
                  "exchange rates, snapshots");
    waiting.until("SELECT count(*) FROM portfoliod.pending_changes", "0");

    database.run("INSERT INTO portfoliod.quarantine (asset_id, price_date, value, reason, source) "
                 "VALUES ($1, '2026-09-02', 0, 'not above zero', 'yahoo')",
                 {share});
    CHECK(daemon.run("status") == 0);
    auto const text = daemon.output();
    check_holds(text, "daemon          1 running\n");
    check_holds(text, "assets          2 held, 1 with a price");
    check_holds(text, "figures         1 portfolio, 1 estimated; no change waiting\n");
    check_holds(text, "prices          nothing to fetch, 1 failed\n");
    check_holds(text, "rates           nothing to fetch\n");
    check_holds(text, "\nyahoo ");
    check_holds(text, "exchange rates: ");
    check_holds(text, "1 of them prices that were not believed");
    check_holds(text, "portfoliod.accept(1)");
    check_holds(daemon.run_on_terminal("status").text, "[##############################]");

    CHECK(daemon.run("status --json") == 0);
    auto const value = [&](std::string const& path) {
        return database.value("SELECT $1::jsonb #>> $2::text[]", {daemon.output(), path});
    };
    CHECK(value("{daemons}") == "1");
    CHECK(value("{assets,tracked}") == "2");
    CHECK(value("{queues,0,failed}") == "1");
    CHECK(value("{quarantined}") == "1");
    CHECK(value("{runs,0,task}") == "exchange rates");
    CHECK(value("{runs,0,succeeded_at}") == value("{runs,0,ended_at}"));
    CHECK(daemon.stop() == 0);
}
