#include "db/listening.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"
#include "support/snapshots.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;

// TRUNCATE of what figures rest on: they follow, and what was fetched is asked for again.

namespace {

constexpr auto today = Day{2026y / 11 / 23};

/// Ann holds 20 shares after a split and 4 of a share in euros; all history was served.
struct Savings : test::Database {
    Savings() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        REQUIRE(test::add_asset(*this, "SAP", "stock", "XETRA", "EUR") == 2);
        run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
            "('EUR', 1.25, '2026-01-05'), ('EUR', 1.5, '2026-11-22'), ('GBP', 1.4, '2026-11-21')");
        test::split(*this, 1, "2026-05-04", 2, 1);
        test::buy(*this, 1, 1, "10", "100", "2026-01-10");
        test::buy(*this, 1, 2, "4", "10", "2026-01-11");
        run("INSERT INTO asset_prices (asset_id, timestamp, close) SELECT asset, day, 70 FROM "
            "unnest(ARRAY[1, 2]) AS asset, unnest(ARRAY[timestamp '2025-12-01', '2026-11-22']) AS "
            "day");
        drain();
        run("UPDATE backfill_queue SET status = 'completed', completed_at = now() AT TIME ZONE "
            "'UTC'");
        run("UPDATE portfoliod.rate_backfill_queue SET status = 'completed', completed_at = "
            "now() AT TIME ZONE 'UTC'");
        run("UPDATE portfoliod.price_coverage SET served = '{[2000-01-01,)}'");
        run("UPDATE portfoliod.rate_coverage SET served = '{[2000-01-01,)}'");
        run("INSERT INTO portfoliod.pending_changes (portfolio_id, from_date) VALUES (1, "
            "'infinity')");
        drain();
        REQUIRE(figures() == "1820.00 1050.00 final"); // 20 × 70 + 4 × 70 × 1.5; 1000 + 40 × 1.25
        REQUIRE(asked() == "none none");
    }

    void drain() { test::settle(*this, today); }

    std::string figures() {
        return value("SELECT concat_ws(' ', current_value_usd, total_invested_usd, status) FROM "
                     "portfolio_performance_cache");
    }

    /// Whose history is to be fetched.
    std::string asked() {
        return value(
            "SELECT coalesce((SELECT string_agg(DISTINCT asset_id::text, ',') FROM backfill_queue "
            "WHERE status = 'pending'), 'none') || ' ' || coalesce((SELECT string_agg(DISTINCT "
            "currency_code, ',') FROM portfoliod.rate_backfill_queue WHERE status = 'pending'), "
            "'none')");
    }

    /// What a statement announces on a channel, one after the other.
    std::string announced(std::string const& channel, std::string const& statement) {
        db::Listening listening{{url(), "test"}, {channel}};
        run(statement);
        listening.probe();
        std::string all;
        for (auto const& notification : listening.take()) all += notification.payload + "\n";
        return all;
    }
};

} // namespace

TEST_CASE(
    "TRUNCATE of the prices leaves figures of trades' prices, and has the history fetched again") {
    Savings savings;
    CHECK(savings.announced("prices_updated", "TRUNCATE asset_prices") ==
          "{\"asset_id\" : 1, \"from\" : \"2025-12-01\", \"to\" : \"2026-11-22\"}\n"
          "{\"asset_id\" : 2, \"from\" : \"2025-12-01\", \"to\" : \"2026-11-22\"}\n");
    savings.drain();
    CHECK(savings.figures() == "1060.00 1050.00 estimated"); // 20 × 50 + 4 × 10 × 1.5
    CHECK(savings.asked() == "1,2 none");
}

TEST_CASE(
    "TRUNCATE of the rates leaves figures without what needs them, and has them fetched again") {
    Savings savings;
    CHECK(savings.announced("exchange_rates_updated", "TRUNCATE exchange_rates") ==
          "{\"currency_code\" : \"EUR\", \"from\" : \"2026-01-05\", \"to\" : \"2026-11-22\"}\n"
          "{\"currency_code\" : \"GBP\", \"from\" : \"2026-11-21\", \"to\" : \"2026-11-21\"}\n");
    savings.drain();
    CHECK(savings.figures() == "1400.00 1000.00 incomplete");
    CHECK(savings.asked() == "none EUR");
}

TEST_CASE(
    "TRUNCATE of the splits gives positions and figures without them, those to come included") {
    Savings savings;
    savings.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES (2, "
                "'2099-01-01', 3, 1)");
    CHECK(savings.announced("prices_updated", "TRUNCATE asset_splits") != "");
    CHECK(test::position(savings, 1, 1) == "10 100 2026-01-10");
    CHECK(savings.value("SELECT count(*) FROM portfolio_positions WHERE last_split_on IS NOT NULL "
                        "OR next_split_on IS NOT NULL") == "0");
    savings.drain();
    // What was served before it was for other shares.
    CHECK(savings.figures() == "1120.00 1050.00 estimated");
    CHECK(savings.asked() == "1 none");
}

TEST_CASE("splits that a sale rests on are not truncated away") {
    Savings savings;
    test::sell(savings, 1, 1, "15", "60", "2026-06-01");
    CHECK(savings.error_of("TRUNCATE asset_splits")
              .find("15 sold at 2026-06-01 00:00:00 but only 10 "
                    "held") != std::string::npos);
    CHECK(savings.value("SELECT count(*) FROM asset_splits") == "1");
    CHECK(test::position(savings, 1, 1) == "5 50 2026-01-10");
}

TEST_CASE("TRUNCATE of everything at once leaves nothing, and nothing to stumble over") {
    Savings savings;
    savings.run("TRUNCATE users, assets, exchange_rates CASCADE");
    savings.drain();
    CHECK(savings.value("SELECT (SELECT count(*) FROM portfolio_positions) + (SELECT count(*) FROM "
                        "portfolio_performance_cache) + (SELECT count(*) FROM tracked_assets) + "
                        "(SELECT count(*) FROM portfoliod.pending_changes) + (SELECT count(*) FROM "
                        "portfoliod.price_coverage) + (SELECT count(*) FROM asset_prices)") == "0");
}

TEST_CASE("a position numbered as one before a TRUNCATE is not opened with that one's checkpoint") {
    Savings savings;
    savings.run(
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
        "price, timestamp) SELECT 1, 1, 'buy', 1, 10, timestamp '2026-02-01' + i * interval "
        "'1 day' FROM generate_series(1, 40) AS i");
    savings.drain();
    REQUIRE(savings.value("SELECT count(*) > 0 FROM portfoliod.ledger_checkpoints") == "t");
    savings.run("TRUNCATE users RESTART IDENTITY CASCADE");
    CHECK(savings.value("SELECT count(*) FROM portfoliod.ledger_checkpoints") == "0");
    REQUIRE(test::add_portfolio(savings, "ann@example.org") == 1);
    test::buy(savings, 1, 1, "3", "100", "2026-01-05");
    savings.drain();
    CHECK(savings.value("SELECT total_invested_usd FROM portfolio_performance_cache") == "300.00");
}

TEST_CASE("TRUNCATE under an older snapshot is refused, since it would not see all there is") {
    Savings savings;
    for (auto const* const table : {"asset_prices", "exchange_rates", "asset_splits"}) {
        CAPTURE(table);
        auto transaction = savings.session().begin();
        transaction.execute_script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        try {
            transaction.execute_script(std::string{"TRUNCATE "} + table);
            FAIL_CHECK("it was done");
        } catch (db::Error const& e) {
            CHECK(std::string{e.what()}.find("READ COMMITTED") != std::string::npos);
        }
    }
}
