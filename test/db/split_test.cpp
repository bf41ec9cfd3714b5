#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using test::buy;
using test::position;
using test::sell;
using test::split;

namespace {

/// Portfolio 1 and asset 1.
struct Ledger : test::Database {
    Ledger() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
    }
};

} // namespace

TEST_CASE("a split multiplies the quantity and divides the average, and its removal undoes both") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "100", "2026-01-10");
    SUBCASE("2 for 1") {
        split(ledger, 1, "2026-02-01", 2, 1);
        CHECK(position(ledger, 1, 1) == "20 50 2026-01-10");
    }
    SUBCASE("3 for 2") {
        split(ledger, 1, "2026-02-01", 3, 2);
        CHECK(position(ledger, 1, 1) == "15 66.666666666667 2026-01-10");
    }
    SUBCASE("1 for 10") {
        split(ledger, 1, "2026-02-01", 1, 10);
        CHECK(position(ledger, 1, 1) == "1 1000 2026-01-10");
    }
    SUBCASE("1 for 3: what does not divide is rounded to 12 decimals") {
        split(ledger, 1, "2026-02-01", 1, 3);
        CHECK(position(ledger, 1, 1) == "3.333333333333 300 2026-01-10");
    }
    CHECK(ledger.value("SELECT last_split_on FROM portfolio_positions") == "2026-02-01");
    ledger.run("DELETE FROM asset_splits");
    CHECK(position(ledger, 1, 1) == "10 100 2026-01-10");
}

TEST_CASE("a split entered before its trades counts the same as one entered after") {
    Ledger ledger;
    split(ledger, 1, "2026-02-01", 2, 1);
    buy(ledger, 1, 1, "10", "100", "2026-01-10");
    CHECK(position(ledger, 1, 1) == "20 50 2026-01-10");
    // The typed trade itself stays as it was.
    CHECK(ledger.value("SELECT trim_scale(quantity) || ' at ' || trim_scale(price) "
                       "FROM transactions") == "10 at 100");
}

TEST_CASE("trades on the day of the split are after it, those of the second before are not") {
    Ledger ledger;
    split(ledger, 1, "2026-02-01", 2, 1);
    buy(ledger, 1, 1, "10", "100", "2026-01-31 23:59:59");
    CHECK(position(ledger, 1, 1) == "20 50 2026-01-31");
    buy(ledger, 1, 1, "20", "100", "2026-02-01 00:00:00");
    CHECK(position(ledger, 1, 1) == "40 75 2026-01-31");
    sell(ledger, 1, 1, "40", "100", "2026-02-01 00:00:00");
    CHECK(position(ledger, 1, 1) == "0 0 2026-01-31");
}

TEST_CASE("several splits count one after the other, between trades too") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "120", "2026-01-10");
    buy(ledger, 1, 1, "20", "30",
        "2026-02-10");                    // after the 2 for 1: 40 at (20 × 60 + 20 × 30) / 40 = 45
    split(ledger, 1, "2026-03-01", 1, 4); // 10 at 180
    split(ledger, 1, "2026-02-01", 2, 1);
    CHECK(position(ledger, 1, 1) == "10 180 2026-01-10");
    // Arriving late, in the shares of its day: 5 before both splits, so 25 / (2 × 1/4) …
    buy(ledger, 1, 1, "10", "60", "2026-01-15"); // 20 at 90 → 40 at 45, 60 at 40 → 15 at 160
    CHECK(position(ledger, 1, 1) == "15 160 2026-01-10");
    ledger.run("UPDATE asset_splits SET numerator = 3 WHERE ex_date = '2026-02-01'");
    // 60 at 30, 80 at 30 → 20 at 120
    CHECK(position(ledger, 1, 1) == "20 120 2026-01-10");
    ledger.run("UPDATE asset_splits SET ex_date = '2026-02-11' WHERE ex_date = '2026-02-01'");
    // 20 at 90 and 20 at 30 = 40 at 60 → 120 at 20 → 30 at 80
    CHECK(position(ledger, 1, 1) == "30 80 2026-01-10");
}

TEST_CASE("a split reaches every holder of its asset and nobody else") {
    Ledger ledger;
    auto const second = test::add_portfolio(ledger, "bob@example.org");
    auto const other = test::add_asset(ledger, "AAPL", "stock", "NASDAQ", "USD");
    buy(ledger, 1, 1, "1", "100", "2026-01-10");
    buy(ledger, second, 1, "2", "100", "2026-01-20");
    buy(ledger, second, other, "3", "100", "2026-01-20");
    split(ledger, 1, "2026-02-01", 4, 1);
    CHECK(position(ledger, 1, 1) == "4 25 2026-01-10");
    CHECK(position(ledger, second, 1) == "8 25 2026-01-20");
    CHECK(position(ledger, second, other) == "3 100 2026-01-20");
    ledger.run("UPDATE asset_splits SET asset_id = $1", {other});
    CHECK(position(ledger, 1, 1) == "1 100 2026-01-10");
    CHECK(position(ledger, second, other) == "12 25 2026-01-20");
}

TEST_CASE("a closed position is not opened by a split, and what is bought after it is unchanged") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "100", "2026-01-10");
    sell(ledger, 1, 1, "10", "100", "2026-01-20");
    split(ledger, 1, "2026-02-01", 2, 1);
    CHECK(position(ledger, 1, 1) == "0 0 2026-01-10");
    buy(ledger, 1, 1, "7", "50", "2026-02-10");
    CHECK(position(ledger, 1, 1) == "7 50 2026-01-10");
}

TEST_CASE("a split announced for a day to come takes effect on that day and not before") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "100", "2026-01-10");
    ledger.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) "
               "SELECT 1, (now() AT TIME ZONE 'UTC')::date + 2, 2, 1");
    CHECK(position(ledger, 1, 1) == "10 100 2026-01-10");
    CHECK(ledger.value("SELECT portfoliod.apply_due_splits()") == "0");
    // The clock cannot be set; that the day has come is played by a position that knows no split
    // yet.
    ledger.run("ALTER TABLE asset_splits DISABLE TRIGGER USER");
    ledger.run("UPDATE asset_splits SET ex_date = (now() AT TIME ZONE 'UTC')::date");
    ledger.run("ALTER TABLE asset_splits ENABLE TRIGGER USER");
    ledger.run("DELETE FROM portfoliod.pending_changes");
    CHECK(ledger.value("SELECT portfoliod.apply_due_splits()") == "1");
    CHECK(position(ledger, 1, 1) == "20 50 2026-01-10");
    CHECK(ledger.value("SELECT string_agg(DISTINCT asset_id || ' ' || from_date, ', ') FROM "
                       "portfoliod.pending_changes") == "1 2026-01-10");
    CHECK(ledger.value("SELECT portfoliod.apply_due_splits()") == "0");
}

TEST_CASE("a trade after the day of a split that nobody has applied yet counts the split too") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "100", "2026-01-10");
    split(ledger, 1, "2026-02-01", 2, 1);
    // As it was on the eve of the split.
    ledger.run("UPDATE portfolio_positions SET quantity = 10, average_buy_price = 100, "
               "last_split_on = NULL, next_split_on = '2026-02-01'");
    SUBCASE("one trade") {
        buy(ledger, 1, 1, "20", "60", "2026-02-01 09:00");
        CHECK(position(ledger, 1, 1) == "40 55 2026-01-10");
    }
    SUBCASE("several") {
        ledger.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                   "price, timestamp) VALUES (1, 1, 'buy', 10, 60, '2026-02-01 09:00'), "
                   "(1, 1, 'buy', 10, 60, '2026-02-02 09:00')");
        CHECK(position(ledger, 1, 1) == "40 55 2026-01-10");
    }
}

TEST_CASE("ratios that are no ratios are refused") {
    Ledger ledger;
    for (char const* const ratio : {"0, 1", "1, 0", "-1, 1", "'NaN', 1", "1, 'NaN'"}) {
        CAPTURE(std::string{ratio});
        auto const refusal =
            ledger.error_of(std::string{"INSERT INTO asset_splits (asset_id, ex_date, numerator, "
                                        "denominator) VALUES (1, '2026-01-01', "} +
                            ratio + ")");
        CHECK_MESSAGE(refusal.find("ator_positive") != std::string::npos, refusal);
    }
}

TEST_CASE("positions loaded past the triggers are mended by repair_position") {
    Ledger ledger;
    split(ledger, 1, "2026-02-01", 2, 1);
    auto transaction = ledger.session().begin();
    transaction.execute_script(
        "SET LOCAL session_replication_role TO replica; INSERT INTO transactions (portfolio_id, "
        "asset_id, transaction_type, quantity, price, timestamp) VALUES (1, 1, 'buy', 3, 10, "
        "'2026-01-10'), (1, 1, 'buy', 3, 10, '2026-02-10')");
    transaction.commit();
    CHECK(position(ledger, 1, 1) == "none");
    ledger.run("SELECT portfoliod.repair_position(1, 1)");
    // 6 at 5 and 3 at 10: 60 / 9
    CHECK(position(ledger, 1, 1) == "9 6.666666666667 2026-01-10");
    CHECK(ledger.value("SELECT concat_ws(' ', portfolio_id, asset_id, from_date) "
                       "FROM portfoliod.pending_changes WHERE portfolio_id IS NOT NULL") ==
          "1 1 2026-01-10");
}
