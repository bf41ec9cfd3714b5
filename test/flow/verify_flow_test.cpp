// portfoliod verify: finds whatever was changed past the triggers, and mends it.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;

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
    waiting.until(test::unsettled, "0");
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
          "portfolio 1: current_value_usd is ", "portfolio 1: unrealized_gain_usd is ",
          "5 differences; to mend them: portfoliod verify --repair"})
        CHECK_MESSAGE(said.find(difference) != std::string::npos, said);
    CHECK_MESSAGE(daemon.run("verify --repair") == 0, daemon.output());
    CHECK_MESSAGE(daemon.output().ends_with("\n5 differences, 0 left\n"), daemon.output());
    daemon.start();
    waiting.until(test::unsettled, "0");
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
    CHECK_MESSAGE(daemon.output().find("\nleft: portfolio 1, asset 2: more is sold than held; "
                                       "correct its transactions\n") != std::string::npos,
                  daemon.output());
    CHECK_MESSAGE(daemon.output().ends_with("\n4 differences, 2 left\n"), daemon.output());
    CHECK(test::position(database, portfolio, apple) == "2 10 2024-01-02");
}

namespace {

/// Ann's 40 trades in a share and a euro share, valued and kept in checkpoints.
struct Valued {
    Valued() {
        database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) "
                     "SELECT 'EUR', 1 + i / 1000.0, timestamp '2026-01-01' + i * interval '1 day' "
                     "FROM generate_series(0, 300) AS i");
        database.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES "
                     "(1, '2026-03-15', 3, 2)");
        database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                     "quantity, price, fee, timestamp) SELECT 1, a, CASE WHEN i % 4 = 3 THEN "
                     "'sell' ELSE 'buy' END, 1 + i % 3, 40 + i % 7, 0.5, timestamp '2026-02-01' "
                     "+ i * interval '5 days' FROM generate_series(1, 2) AS a, "
                     "generate_series(0, 19) AS i");
        // Nobody need fetch anything.
        database.run("INSERT INTO asset_prices (asset_id, timestamp, close) SELECT a, day, 50 + a "
                     "FROM generate_series(1, 2) AS a, generate_series((now() AT TIME ZONE 'UTC')"
                     "::date - 3, (now() AT TIME ZONE 'UTC')::date - 1, '1 day') AS day");
        database.run("UPDATE portfoliod.price_coverage SET served = '{[2000-01-01,)}'");
        database.run("INSERT INTO portfoliod.rate_coverage (currency_code, served) VALUES "
                     "('EUR', '{[2000-01-01,)}')");
        REQUIRE(daemon.run("verify --repair") == 0); // works off what waits
        REQUIRE(database.value("SELECT count(*) FROM portfoliod.ledger_checkpoints") == "2");
    }

    std::string figures() {
        return database.value(
            "SELECT concat_ws(' ', current_value_usd, total_invested_usd, realized_gain_usd, "
            "unrealized_gain_usd, fees_usd) FROM portfolio_performance_cache");
    }

    /// Whether `verify` says so, and nothing is said after its repair.
    bool noticed(std::string const& change, std::string const& difference) {
        auto const before = figures();
        REQUIRE(daemon.run("verify") == 0);
        database.run(change);
        CAPTURE(change);
        CHECK(daemon.run("verify") == 1);
        CAPTURE(daemon.output());
        auto const found = daemon.output().find(difference) != std::string::npos;
        CHECK(daemon.run("verify --repair") == 0);
        CHECK(daemon.run("verify") == 0);
        CHECK(figures() == before);
        return found;
    }

    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    int ann = test::add_portfolio(database, "ann@example.org");
    int share = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    int euro_share = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
};

} // namespace

TEST_CASE(
    "verify notices snapshots that are missing or falsified, and its repair computes them again") {
    Valued valued;
    auto const days = valued.database.value("SELECT count(*) FROM portfolio_snapshots");
    CHECK(valued.noticed("DELETE FROM portfolio_snapshots WHERE snapshot_date = '2026-05-05'",
                         "portfolio 1: "));
    CHECK(valued.database.value("SELECT count(*) FROM portfolio_snapshots") == days);
    CHECK(valued.noticed("UPDATE portfolio_snapshots SET total_value_usd = 7 WHERE snapshot_date = "
                         "(now() AT TIME ZONE 'UTC')::date - 1",
                         "is 7.00, what was held then was worth "));
}

TEST_CASE("verify notices every figure and every sum of a checkpoint that somebody falsified, and "
          "its repair puts them right at once, with no daemon running") {
    Valued valued;
    for (auto const* const figure : {"current_value_usd", "total_invested_usd", "realized_gain_usd",
                                     "unrealized_gain_usd", "fees_usd"}) {
        CAPTURE(std::string{figure});
        CHECK(
            valued.noticed(std::string{"UPDATE portfolio_performance_cache SET "} + figure + " = 7",
                           std::string{"portfolio 1: "} + figure + " is 7.00, "));
    }
    auto const of_checkpoint = std::string{"portfolio 1, asset 2: the checkpoint of "};
    for (auto const* const sum :
         {"held", "average_cost", "invested", "proceeds", "fees", "realized"}) {
        CAPTURE(std::string{sum});
        CHECK(valued.noticed(std::string{"UPDATE portfoliod.ledger_checkpoints SET "} + sum +
                                 " = " + sum +
                                 " + 1 WHERE position_id = (SELECT id FROM "
                                 "portfolio_positions WHERE asset_id = 2)",
                             of_checkpoint));
    }
    CHECK(valued.noticed("UPDATE portfoliod.ledger_checkpoints SET complete = false, cost_known = "
                         "false",
                         of_checkpoint));
    CHECK(valued.noticed("UPDATE portfoliod.ledger_checkpoints SET through = through - interval "
                         "'10 days'",
                         of_checkpoint));
    CHECK(valued.noticed("DELETE FROM portfolio_performance_cache",
                         "portfolio 1: it has trades and no figures"));
}

TEST_CASE("verify notices figures made from a falsified checkpoint, and a running daemon is not "
          "waited for") {
    Valued valued;
    test::Waiting waiting{valued.database};
    valued.daemon.start();
    valued.database.run("UPDATE portfoliod.ledger_checkpoints SET invested = invested + 1");
    test::buy(valued.database, valued.ann, valued.share, "1", "55", "2026-11-01");
    waiting.until("SELECT (SELECT count(*) FROM portfoliod.pending_changes) + "
                  "(SELECT count(*) FROM backfill_queue WHERE status IN ('pending', "
                  "'in_progress')) + (SELECT count(*) FROM portfoliod.rate_backfill_queue WHERE "
                  "status IN ('pending', 'in_progress'))",
                  "0");
    // The checkpoint's lie is in the figures: 2 more than the trades make.
    CHECK(valued.daemon.run("verify") == 1);
    CHECK_MESSAGE(valued.daemon.output().find("portfolio 1: total_invested_usd is ") !=
                      std::string::npos,
                  valued.daemon.output());
    auto const invested = "SELECT total_invested_usd FROM portfolio_performance_cache";
    auto const right =
        std::string{"SELECT total_invested_usd - 2 FROM portfolio_performance_cache"};
    auto const expected = valued.database.value(right);
    CHECK(valued.daemon.run("verify --repair") == 0);
    CHECK(valued.database.value(invested) == expected);
    CHECK(valued.daemon.run("verify") == 0);
    CHECK(valued.daemon.stop() == 0);
}

TEST_CASE("verify notices a fee, a rate and an own rate changed past the triggers") {
    Valued valued;
    auto const past_triggers = [&](std::string const& statement) {
        auto transaction = valued.database.session().begin();
        transaction.execute_script("SET LOCAL session_replication_role = replica; " + statement);
        transaction.commit();
        CAPTURE(statement);
        CHECK(valued.daemon.run("verify") == 1);
        CHECK_MESSAGE(valued.daemon.output().find("portfolio 1: total_invested_usd is ") !=
                          std::string::npos,
                      valued.daemon.output());
        CHECK(valued.daemon.run("verify --repair") == 0);
        CHECK(valued.daemon.run("verify") == 0);
    };
    past_triggers("UPDATE transactions SET fee = 3 WHERE id = 1");
    past_triggers("UPDATE exchange_rates SET rate_to_usd = 2 WHERE timestamp = '2026-03-03'");
    past_triggers("UPDATE transactions SET rate_to_usd = 3 WHERE asset_id = 2");
}

TEST_CASE("verify notices figures that are missing, and figures of a portfolio without trades") {
    Valued valued;
    valued.database.run("UPDATE portfolio_performance_cache SET realized_gain_usd = NULL");
    CHECK(valued.daemon.run("verify") == 1);
    CHECK_MESSAGE(valued.daemon.output().find("portfolio 1: it has trades and no figures") !=
                      std::string::npos,
                  valued.daemon.output());
    CHECK(valued.daemon.run("verify --repair") == 0);
    CHECK(valued.daemon.run("verify") == 0);

    auto const empty = test::add_portfolio(valued.database, "bob@example.org");
    valued.database.run("INSERT INTO portfolio_performance_cache (portfolio_id, current_value_usd, "
                        "total_invested_usd, realized_gain_usd, unrealized_gain_usd, fees_usd, "
                        "status) VALUES ($1, 0, 5, 0, 0, 0, 'final')",
                        {empty});
    CHECK(valued.daemon.run("verify") == 1);
    CHECK_MESSAGE(valued.daemon.output().find(fmt::format(
                      "portfolio {}: total_invested_usd is 5.00, its trades make 0.00", empty)) !=
                      std::string::npos,
                  valued.daemon.output());
    CHECK(valued.daemon.run("verify --repair") == 0);
    CHECK(valued.daemon.run("verify") == 0);
}
