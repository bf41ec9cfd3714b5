// portfoliod fetch and portfoliod check: what a person sees of providers before trusting the daemon with them.
#include "support/daemon.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;

namespace {

struct Desk {
    test::Database database;
    test::MarketServer market;
    test::Daemon program{database, market};

    /// Runs a command, checks its exit code and returns what it said.
    std::string said(std::string const& command, int exit_code) {
        auto const code = program.run(command);
        CHECK_MESSAGE(code == exit_code, command, " ended with ", code, ":\n", program.output());
        return program.output();
    }
};

void check_holds(std::string const& text, std::string const& part) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, "'", part, "' is not in:\n", text);
}

} // namespace

TEST_CASE("fetch shows a symbol's rows, who gave them and what would become of them, and stores "
          "nothing") {
    Desk desk;
    test::add_asset(desk.database, "AAPL", "stock", "NASDAQ", "USD");
    auto const text = desk.said("fetch AAPL --from 2026-10-05 --to 2026-10-11", 0);
    check_holds(text, "AAPL, stock on NASDAQ, in USD, 2026-10-05 to 2026-10-11\nyahoo: ok\ndate");
    check_holds(text, "\n2026-10-05 ");
    check_holds(text, "\n2026-10-09 ");
    check_holds(text, "5 rows from yahoo\nThe daemon would store 5 of 5 rows");
    CHECK(desk.database.value("SELECT count(*) FROM asset_prices") == "0");
    CHECK(desk.database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
    CHECK(desk.database.value("SELECT count(*) FROM backfill_queue") == "0");
}

TEST_CASE("fetch says how many rows are known already or typed by hand") {
    Desk desk;
    auto const asset = test::add_asset(desk.database, "AAPL", "stock", "NASDAQ", "USD");
    desk.database.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES ($1, "
                      "'2026-10-06', 90)",
                      {asset});
    check_holds(desk.said("fetch AAPL --from 2026-10-05 --to 2026-10-11", 0),
                "would store 4 of 5 rows");
}

TEST_CASE("fetch without a range asks for the latest price") {
    Desk desk;
    test::add_asset(desk.database, "BTC", "crypto", "crypto", "USD");
    auto const text = desk.said("fetch BTC", 0);
    check_holds(text, "BTC, crypto on crypto, in USD, latest\ncoinbase: ok\n");
    check_holds(text, "1 row from coinbase");
}

TEST_CASE("fetch asks for a currency's rates, the latest and those of a range") {
    Desk desk;
    check_holds(desk.said("fetch EUR", 0), "EUR in US dollars, latest\ncoinbase_rates: ok\n");
    auto const text = desk.said("fetch EUR --from 2026-10-05 --to 2026-10-09", 0);
    check_holds(text, "2026-10-05 00:00:00");
    check_holds(text, "5 rows from ecb\nThe daemon would store 5 of 5 rows");
    CHECK(desk.database.value("SELECT count(*) FROM exchange_rates") == "0");
    check_holds(desk.said("fetch EUR --from 2026-10-10 --to 2026-10-11", 0),
                "ecb: empty, ecb answered 200\nThe daemon would take note that there is nothing");
}

TEST_CASE("fetch tells what is wrong with a symbol, and what the daemon would do about it") {
    Desk desk;
    auto const range = std::string{" --from 2026-10-05 --to 2026-10-09"};
    test::add_asset(desk.database, "NOPE", "stock", "NASDAQ", "USD");
    auto const unknown = desk.said("fetch NOPE" + range, 1);
    check_holds(unknown, "yahoo: unknown_symbol, ");
    check_holds(unknown, "The daemon would mark the job as failed");

    desk.market.misbehave({.fault = test::Fault::html, .path = "/v8/", .times = 1});
    check_holds(desk.said("fetch NOPE" + range, 1), "yahoo: malformed, ");

    desk.market.misbehave(
        {.fault = test::Fault::too_many, .path = "/v8/", .times = 1, .retry_after = "90"});
    auto const throttled = desk.said("fetch NOPE" + range, 1);
    check_holds(throttled, "yahoo: rate_limited, ");
    check_holds(throttled, "would ask again in about 90 s");
    // The next command knows of it, as a daemon does.
    check_holds(desk.said("fetch NOPE" + range, 1), "yahoo: rate_limited, the limits of yahoo");
    CHECK(desk.market.count("/v8/") == 3);
}

TEST_CASE("fetch needs to be told which asset is meant when the symbol alone does not say") {
    Desk desk;
    test::add_asset(desk.database, "VOD", "stock", "LSE", "GBP");
    test::add_asset(desk.database, "VOD", "stock", "NASDAQ", "USD");
    check_holds(desk.said("fetch VOD", 2), "VOD stands on LSE, NASDAQ: say which with --exchange");
    check_holds(desk.said("fetch VOD --exchange LSE", 0), "VOD, stock on LSE, in GBP, latest");
    check_holds(desk.said("fetch AAPL", 1), "AAPL is not in the catalogue: load it with");
    check_holds(desk.said("fetch AAPL --type stock --exchange NASDAQ --currency USD", 0),
                "1 row from yahoo");
    check_holds(desk.said("fetch AAPL --from 2026-02-30", 2), "--from '2026-02-30' is no day");
    check_holds(desk.said("fetch AAPL --from 2026-03-02 --to 2026-03-01", 2), "is after --to");
    check_holds(desk.said("fetch AAPL --provider nobody", 2), "there is no provider 'nobody'");
}

TEST_CASE("fetch prints JSON with decimals as text") {
    Desk desk;
    test::add_asset(desk.database, "AAPL", "stock", "NASDAQ", "USD");
    auto const text = desk.said("fetch AAPL --from 2026-10-05 --to 2026-10-06 --json", 0);
    auto const value = [&](std::string const& path) {
        return desk.database.value("SELECT $1::jsonb #>> $2::text[]", {text, path});
    };
    CHECK(value("{symbol}") == "AAPL");
    CHECK(value("{outcome}") == "ok");
    CHECK(value("{source}") == "yahoo");
    CHECK(value("{asked,0,provider}") == "yahoo");
    CHECK(value("{rows,1,date}") == "2026-10-06");
    CHECK(desk.database.value("SELECT jsonb_typeof($1::jsonb #> '{rows,0,close}')", {text}) ==
          "string");
}

TEST_CASE("check looks over database, schema and providers, and with --probe asks each of them") {
    Desk desk;
    auto const text = desk.said("check", 0);
    check_holds(text, "providers       good: ");
    check_holds(text, "calendars       good: ");
    check_holds(text, "database        good: PostgreSQL ");
    check_holds(text, "schema          good: ");
    CHECK(desk.market.requests().empty());

    auto const probed = desk.said("check --probe", 0);
    check_holds(probed, "yahoo           good: ");
    check_holds(probed, "coinbase        good: 7 rows of BTC");
    check_holds(probed, "ecb             good: ");

    desk.market.misbehave({.fault = test::Fault::server_error, .path = "/v8/", .times = 0});
    auto const failing = desk.said("check --probe", 1);
    check_holds(failing, "yahoo           WRONG: 0 rows of AAPL: transient, ");
    check_holds(failing, "coinbase        good: ");
}

TEST_CASE("check says what is wrong with a database that is not there, or not migrated") {
    test::MarketServer market;
    test::Daemon nowhere{"{url: \"host=/nonexistent dbname=none\"}", market, "{}", ""};
    CHECK(nowhere.run("check") == 1);
    check_holds(nowhere.output(), "database        WRONG: ");
    Desk desk;
    desk.database.run("DELETE FROM portfoliod.schema_migrations");
    CHECK(desk.program.run("check") == 1);
    check_holds(desk.program.output(), "schema          WRONG: ");
}
