// portfoliod verify: finds whatever was changed past the triggers, and mends it.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;

namespace {

constexpr auto unsettled =
    "SELECT (SELECT count(*) FROM portfoliod.pending_changes) + "
    "(SELECT count(*) FROM backfill_queue WHERE status <> 'completed') + "
    "(SELECT count(*) FROM portfoliod.rate_backfill_queue WHERE status <> 'completed')";

} // namespace

TEST_CASE(
    "verify finds nothing wrong with what triggers and daemon keep, and all that was changed past "
    "them") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const other = test::add_portfolio(database, "bob@example.org");
    auto const apple = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    auto const sap = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    test::split(database, apple, "2024-06-10", 3, 2);
    test::buy(database, portfolio, apple, "10.000000000001", "33.333333333333", "2024-01-02", "1");
    test::buy(database, portfolio, apple, "7", "11.1", "2024-06-10");
    test::sell(database, portfolio, apple, "3.5", "12", "2024-06-10");
    test::buy(database, portfolio, apple, "0.000000000007", "1.7", "2024-03-05");
    test::buy(database, portfolio, sap, "4", "100", "2025-01-02");
    test::buy(database, other, apple, "2", "20", "2024-02-02");
    test::sell(database, other, apple, "3", "21", "2024-07-02");
    CHECK(daemon.run("verify") == 1);
    CHECK_MESSAGE(daemon.output().find("changes are not worked off yet") != std::string::npos,
                  daemon.output());
    daemon.start();
    waiting.until(unsettled, "0");
    waiting.until("SELECT count(*) FROM portfolio_performance_cache WHERE status = 'final'", "2");
    CHECK(daemon.stop() == 0);
    CHECK(daemon.run("verify") == 0);
    CHECK(daemon.output() ==
          "3 positions and what follows from them are as the transactions say\n");

    database.run("UPDATE tracked_assets SET tracking_users = 7 WHERE asset_id = $1", {apple});
    database.run("UPDATE portfolio_performance_cache SET current_value_usd = current_value_usd + 1 "
                 "WHERE portfolio_id = $1",
                 {portfolio});
    database.run("UPDATE portfoliod.price_coverage SET served = served - "
                 "'{[2024-02-01,2024-03-01)}'::datemultirange WHERE asset_id = $1",
                 {sap});
    database.run(
        "UPDATE portfolio_positions SET average_buy_price = average_buy_price + 0.000000000001 "
        "WHERE portfolio_id = $1 AND asset_id = $2",
        {portfolio, apple});
    database.run("UPDATE backfill_queue SET completed_at = completed_at - interval '1 day'");
    CHECK(daemon.run("verify") == 1);
    auto const said = daemon.output();
    for (auto const* const difference :
         {"portfolio 1, asset 1: the position is ",
          "asset 1 (AAPL): tracking_users is 7, 1 users hold it",
          "asset 2 (SAP): history is missing and nobody asks for it: {[2024-02-01,2024-03-01)}",
          "portfolio 1: current_value_usd is ",
          "4 differences; to mend them: portfoliod verify --repair"})
        CHECK_MESSAGE(said.find(difference) != std::string::npos, said);
    CHECK_MESSAGE(daemon.run("verify --repair") == 0, daemon.output());
    daemon.start();
    waiting.until(unsettled, "0");
    CHECK(daemon.stop() == 0);
    CHECK_MESSAGE(daemon.run("verify") == 0, daemon.output());
}

TEST_CASE("verify mends positions loaded past the triggers, and says what only a person can") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const apple = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    auto const sap = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    {
        auto transaction = database.session().begin();
        transaction.execute_script("SET LOCAL session_replication_role = replica");
        for (auto const asset : {apple, sap})
            transaction.execute(
                "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                "quantity, price, timestamp) VALUES ($1, $2, 'buy', 2, 10, '2024-01-02')",
                {portfolio, asset});
        transaction.execute(
            "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
            "quantity, price, timestamp) VALUES ($1, $2, 'sell', 3, 10, '2024-01-03')",
            {portfolio, sap});
        transaction.commit();
    }
    CHECK(daemon.run("verify --repair") == 1);
    CHECK_MESSAGE(daemon.output().find(
                      "portfolio 1, asset 1: the position is missing, its trades make "
                      "2.000000000000 at 10.000000000000 since 2024-01-02") != std::string::npos,
                  daemon.output());
    CHECK_MESSAGE(daemon.output().find("portfolio 1, asset 2: more is sold than held; correct its "
                                       "transactions") != std::string::npos,
                  daemon.output());
    CHECK(test::position(database, portfolio, apple) == "2 10 2024-01-02");
}
