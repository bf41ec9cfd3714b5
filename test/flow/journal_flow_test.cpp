// What the journal tells: the story of an asset, and no secret whatever fails.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace portfoliod;

namespace {

/// What `journalctl ASSET_ID=id` would show: at debug, plain lines have their fields behind them.
std::vector<std::string> story(std::string const& log, int asset) {
    std::vector<std::string> lines;
    std::istringstream stream{log};
    for (std::string line; std::getline(stream, line);)
        if (line.find(fmt::format("ASSET_ID={} ", asset)) != std::string::npos ||
            line.find(fmt::format("ASSET_ID={}]", asset)) != std::string::npos)
            lines.push_back(line);
    return lines;
}

/// In this order, with whatever between them.
void check_tells(std::vector<std::string> const& lines, std::vector<std::string> const& parts) {
    auto at = lines.begin();
    for (auto const& part : parts) {
        auto const found = std::find_if(at, lines.end(), [&](auto const& line) {
            return line.find(part) != std::string::npos;
        });
        CHECK_MESSAGE(found != lines.end(), "'", part, "' is not in:\n",
                      fmt::format("{}", fmt::join(lines, "\n")));
        if (found != lines.end()) at = found + 1;
    }
}

} // namespace

TEST_CASE("the journal tells an asset's story from its first trade to its last") {
    test::Database database;
    test::MarketServer market;
    auto const today = market.today();
    market.add_split("AAPL", today - std::chrono::days{90}, 4, 1);
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const other = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    daemon.start();
    test::buy(database, portfolio, asset, "1", "100", to_text(today - std::chrono::days{60}));
    waiting.until("SELECT count(*) > 0 FROM backfill_queue WHERE status = 'completed'", "t");
    daemon.wait_for_log("loaded AAPL");
    // A close that nobody believes: what it is judged by is a thousandth of it.
    database.run(
        "UPDATE asset_prices SET close = close / 1000, source = 'manual' WHERE asset_id = $1",
        {asset});
    database.run("DELETE FROM asset_prices WHERE asset_id = $1 AND timestamp > $2::date - 10",
                 {asset, to_text(today)});
    database.run("DELETE FROM portfoliod.price_coverage WHERE asset_id = $1", {asset});
    database.run("UPDATE backfill_queue SET status = 'pending' WHERE asset_id = $1", {asset});
    daemon.wait_for_log("is not believed and waits in portfoliod.quarantine");
    test::sell(database, portfolio, asset, "1", "100", to_text(today - std::chrono::days{1}));
    daemon.wait_for_log("AAPL is held by nobody any more");
    test::buy(database, portfolio, asset, "1", "100", to_text(today - std::chrono::days{1}));
    daemon.wait_for_log("AAPL is tracked again: held by 1 user");
    // What is missing is also found by the look at a start, which may be before the trade is counted.
    check_tells(story(daemon.log(), asset),
                {"AAPL is tracked for the first time: held by 1 user [ASSET_ID=2 USERS=1]",
                 "AAPL is held by nobody any more", "AAPL is tracked again"});
    check_tells(story(daemon.log(), asset),
                {"queued: AAPL ", "loaded AAPL ",
                 "yahoo reports splits of AAPL that were not known: 4 for 1 on ",
                 "from yahoo is not believed and waits in portfoliod.quarantine",
                 "AAPL is held by nobody any more", "AAPL is tracked again"});
    CHECK(story(daemon.log(), other).empty());
    CHECK(daemon.stop() == 0);
}

TEST_CASE("no secret is written, whatever fails") {
    test::Database database;
    test::MarketServer market;
    ::setenv("PORTFOLIOD_TEST_PASSWORD", "Tr0ub4dor&3", 1);
    ::setenv("PORTFOLIOD_TEST_KEY", "k3y/of=ours", 1);
    auto const folder = std::filesystem::temp_directory_path();
    test::Daemon daemon{
        fmt::format("{{url: \"{} password=${{PORTFOLIOD_TEST_PASSWORD}}\", "
                    "owner_url: \"postgresql://ann:Unt0ld%40all@nowhere.invalid/x\"}}",
                    database.url()),
        market, "{quotes: 10s, exchange_rates: 10s, performance: 10s, upkeep: off}",
        "log: {level: debug}\nhttp: {listen: \"127.0.0.1:0\"}\n"
        "routes: {stock: [keyed, yahoo]}\ncalendars: {NASDAQ: \"24/7\"}\n"};
    // A provider with its key in the address, the query and a header, whose server is ours.
    std::filesystem::copy(std::filesystem::path{PROJECT_DIR} / "conf/providers",
                          daemon.folder() / "providers");
    std::ofstream{daemon.folder() / "providers/keyed.yaml"} << fmt::format(
        "about: test\nbase_url: {}\nkey: PORTFOLIOD_TEST_KEY\nheaders: {{X-Key: \"{{key}}\"}}\n"
        "requests:\n  - gives: history\n    path: /keyed/{{key}}/{{symbol}}\n    query: {{apikey: "
        "\"{{key}}\"}}\n"
        "    genuine: [/rows]\n    rows: /rows/*\n    fields: {{date: /d, close: /c}}\n    time: "
        "{{as: date}}\n",
        market.url());
    daemon.reconfigure(fmt::format("providers_dir: \"{}/conf/providers\"", PROJECT_DIR),
                       "providers_dir: providers");
    daemon.reconfigure("providers: {",
                       fmt::format("providers: {{keyed: {{ca_file: \"{}\", headers: {{X-More: "
                                   "headersecret}}}}, ",
                                   market.ca_file().string()));
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const buy = [&](char const* symbol) {
        auto const asset = test::add_asset(database, symbol, "stock", "NASDAQ", "USD");
        test::buy(database, portfolio, asset, "1", "100", "2026-10-02");
    };
    std::string said;
    for (auto const fault : {test::Fault::server_error, test::Fault::hang_up, test::Fault::denied,
                             test::Fault::garbage, test::Fault::redirect, test::Fault::html}) {
        market.misbehave({fault, "/keyed", 0});
        daemon.start();
        buy(fmt::format("S{}", static_cast<int>(fault)).c_str());
        daemon.wait_for_log("PROVIDER=keyed");
        said += daemon.log();
        CHECK(daemon.stop() == 0);
        market.behave();
    }
    CHECK(market.count("/keyed/k3y") > 0); // the key was sent
    daemon.start();
    daemon.reconfigure("listen: \"127.0.0.1:0\"", "listen: \"${PORTFOLIOD_TEST_PASSWORD}\"");
    daemon.hang_up();
    daemon.wait_for_log("the configuration stays as it was: ");
    daemon.wait_for_log("such as \"127.0.0.1:9187\" or \"[::1]:9187\", not '(secret)'");
    said += daemon.log();
    CHECK(daemon.stop() == 0);
    daemon.reconfigure("listen: \"${PORTFOLIOD_TEST_PASSWORD}\"", "listen: off");
    for (auto const* const command :
         {"check --probe", "migrate", "status", "fetch S1 --from 2026-10-05 --to 2026-10-09"}) {
        daemon.run(command);
        said += daemon.output();
    }
    daemon.reconfigure("password=${PORTFOLIOD_TEST_PASSWORD}", "password=Tr0ub4dor&3 oops");
    CHECK(daemon.run("run") == 2);
    said += daemon.output();
    auto const stored =
        database.value("SELECT coalesce(string_agg(error_message, ' '), '') FROM backfill_queue") +
        database.value(
            "SELECT coalesce(string_agg(problem, ' '), '') FROM portfoliod.provider_state");
    for (auto const* const secret :
         {"Tr0ub4dor", "k3y/of=ours", "k3y%2Fof", "Unt0ld", "headersecret"}) {
        CHECK_MESSAGE(said.find(secret) == std::string::npos, secret, " is in:\n", said);
        CHECK(stored.find(secret) == std::string::npos);
    }
    ::unsetenv("PORTFOLIOD_TEST_PASSWORD");
    ::unsetenv("PORTFOLIOD_TEST_KEY");
}
