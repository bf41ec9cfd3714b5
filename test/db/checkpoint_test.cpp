#include "bus/drain.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>

using namespace portfoliod;
using namespace std::chrono_literals;

// Figures made from checkpoints against those made from all trades.

namespace {

constexpr auto today = Day{2026y / 11 / 23};
constexpr auto figures =
    "SELECT string_agg(concat_ws(' ', portfolio_id, current_value_usd, total_invested_usd, "
    "total_return_pct, realized_gain_usd, unrealized_gain_usd, fees_usd, status), '; ' "
    "ORDER BY portfolio_id) FROM portfolio_performance_cache";

void drain(test::Database& database) {
    auto transaction = database.session().begin();
    bus::drain_batch(transaction, today, {});
    transaction.commit();
}

std::string checkpoints(test::Database& database) {
    return database.value("SELECT count(*) FROM portfoliod.ledger_checkpoints");
}

/// As if no checkpoint had ever been kept.
std::string figures_from_all_trades(test::Database& database) {
    database.run("DELETE FROM portfoliod.ledger_checkpoints");
    database.run("INSERT INTO portfoliod.pending_changes (portfolio_id, from_date) "
                 "SELECT id, 'infinity' FROM portfolios");
    drain(database);
    return database.value(figures);
}

/// Two portfolios with two assets, one of them in euros, and enough trades for checkpoints.
struct Savings {
    Savings() {
        database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) "
                     "SELECT 'EUR', 1 + i / 1000.0, timestamp '2026-01-01' + i * interval '1 day' "
                     "FROM generate_series(0, 320) AS i");
        database.run("INSERT INTO asset_prices (asset_id, timestamp, close) "
                     "SELECT a, day, 50 + a FROM generate_series(1, 2) AS a, "
                     "generate_series(timestamp '2026-11-01', '2026-11-22', '1 day') AS day");
        database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                     "quantity, price, fee, timestamp) SELECT p, a, CASE WHEN i % 4 = 3 THEN "
                     "'sell' ELSE 'buy' END, 1 + i % 3, 40 + i % 7, 0.5, timestamp '2026-02-01' "
                     "+ i * interval '5 days' FROM generate_series(1, 2) AS p, "
                     "generate_series(1, 2) AS a, generate_series(0, 30) AS i");
        drain(database);
    }

    test::Database database;
    int ann = test::add_portfolio(database, "ann@example.org");
    int bob = test::add_portfolio(database, "bob@example.org");
    int share = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    int euro_share = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
};

} // namespace

TEST_CASE("a portfolio of many trades keeps checkpoints, and one later trade leaves them") {
    Savings savings;
    auto& database = savings.database;
    CHECK(checkpoints(database) == "4");
    test::buy(database, savings.ann, savings.share, "2", "55", "2026-11-20");
    drain(database);
    CHECK(checkpoints(database) == "4");
    auto const kept = database.value(figures);
    CHECK(kept == figures_from_all_trades(database));
}

TEST_CASE("whatever changes, figures from checkpoints are those from all trades") {
    Savings savings;
    auto& database = savings.database;
    std::mt19937 random{11};
    auto const any = [&random](int below) { return static_cast<int>(random() % below); };
    auto const day = [&](int first) {
        return fmt::format("(timestamp '2026-02-01' + interval '{} hours')", first + any(24 * 290));
    };
    for (auto round = 0; round < 150; ++round) {
        std::vector<std::string> edits;
        for (auto edit = 1 + any(3); edit > 0; --edit) switch (any(11)) {
            case 0:
            case 1: // later than all
                edits.push_back(fmt::format(
                    "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                    "price, fee, timestamp) VALUES ({}, {}, 'buy', 3, 60, 1, timestamp "
                    "'2026-11-20' + interval '{} seconds')",
                    1 + any(2), 1 + any(2), round));
                break;
            case 2: // anywhere
                edits.push_back(fmt::format(
                    "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                    "price, fee, timestamp) VALUES ({}, {}, 'buy', 2, 45, 0, {})",
                    1 + any(2), 1 + any(2), day(0)));
                break;
            case 3:
                edits.push_back(fmt::format("UPDATE transactions SET price = price + 1, fee = 2 "
                                            "WHERE id % 31 = {}",
                                            any(31)));
                break;
            case 4:
                edits.push_back(fmt::format("DELETE FROM transactions WHERE transaction_type = "
                                            "'sell' AND id % 17 = {}",
                                            any(17)));
                break;
            case 5:
                edits.push_back(fmt::format("UPDATE exchange_rates SET rate_to_usd = rate_to_usd + "
                                            "0.01 WHERE timestamp::date = {}::date",
                                            day(0)));
                break;
            case 6:
                edits.push_back(
                    fmt::format("DELETE FROM exchange_rates WHERE timestamp::date = {}::date "
                                "AND timestamp > '2026-01-01'",
                                day(0)));
                break;
            case 7:
                edits.push_back(fmt::format(
                    "INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
                    "('EUR', 1.{}, {} + interval '{} seconds')",
                    1 + any(8), day(0), round));
                break;
            case 8:
                edits.push_back(fmt::format(
                    "INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator, source) "
                    "VALUES ({}, {}::date, 3, 2, 'test') ON CONFLICT DO NOTHING",
                    1 + any(2), day(0)));
                break;
            case 9:
                edits.push_back(fmt::format("UPDATE assets SET native_currency = CASE "
                                            "native_currency WHEN 'USD' THEN 'EUR' ELSE 'USD' END "
                                            "WHERE id = {}",
                                            1 + any(2)));
                break;
            default:
                edits.push_back(fmt::format("UPDATE transactions SET portfolio_id = 3 - "
                                            "portfolio_id WHERE transaction_type = 'buy' AND "
                                            "id % 41 = {}",
                                            any(41)));
            }
        for (auto const& edit : edits) {
            try {
                database.run(edit);
            } catch (db::Error const&) { // sold more than held by now: refused, nothing happened
                continue;
            }
            if (any(2) == 0) drain(database);
        }
        drain(database);
        auto const kept = database.value(figures);
        CAPTURE(round);
        CAPTURE(fmt::format("{}", fmt::join(edits, "\n")));
        REQUIRE(kept == figures_from_all_trades(database));
    }
}

TEST_CASE(
    "a rate that changes while the portfolio is held by somebody is counted when it is free") {
    Savings savings;
    auto& database = savings.database;
    {
        db::Session other{{database.url(), "other"}};
        auto holding = other.begin();
        holding.execute("SELECT FROM portfolios WHERE id = $1 FOR NO KEY UPDATE", {savings.ann});
        database.run("UPDATE exchange_rates SET rate_to_usd = rate_to_usd * 2");
        drain(database);
    }
    drain(database);
    auto const kept = database.value(figures);
    CHECK(kept == figures_from_all_trades(database));
}

TEST_CASE("a portfolio handed over is counted for its new owner") {
    Savings savings;
    auto& database = savings.database;
    CHECK(database.value("SELECT tracking_users FROM tracked_assets WHERE asset_id = 1") == "2");
    database.run("UPDATE portfolios SET user_id = (SELECT user_id FROM portfolios WHERE id = 1) "
                 "WHERE id = 2");
    drain(database);
    CHECK(database.value("SELECT tracking_users FROM tracked_assets WHERE asset_id = 1") == "1");
}
