#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using test::buy;
using test::position;
using test::sell;

// What becomes of positions when trades are changed and removed.

namespace {

/// Transactions 1: buy 10 at 100, 2: buy 10 at 200, 3: sell 5, all by portfolio 1 in asset 1; there
/// are a portfolio 2 and an asset 2, untraded.
struct Ledger : test::Database {
    Ledger() {
        auto const first = test::add_portfolio(*this, "ann@example.org");
        REQUIRE(first == 1);
        REQUIRE(test::add_portfolio_of(*this, first) == 2);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        REQUIRE(test::add_asset(*this, "BTC", "crypto", "", "USD") == 2);
        buy(*this, 1, 1, "10", "100", "2026-01-10");
        buy(*this, 1, 1, "10", "200", "2026-02-10");
        sell(*this, 1, 1, "5", "300", "2026-03-10");
        REQUIRE(position(*this, 1, 1) == "15 150 2026-01-10");
        run("DELETE FROM portfoliod.pending_changes");
    }
};

} // namespace

TEST_CASE("changing a trade's quantity, price, type or time replays the position") {
    Ledger ledger;
    ledger.run("UPDATE transactions SET quantity = 30 WHERE id = 1");
    CHECK(position(ledger, 1, 1) == "35 125 2026-01-10");
    ledger.run("UPDATE transactions SET price = 0 WHERE id = 1");
    CHECK(position(ledger, 1, 1) == "35 50 2026-01-10");
    ledger.run("UPDATE transactions SET transaction_type = 'sell' WHERE id = 2");
    CHECK(position(ledger, 1, 1) == "15 0 2026-01-10");
    ledger.run("UPDATE transactions SET transaction_type = 'buy', timestamp = '2026-01-02' "
               "WHERE id = 2");
    CHECK(position(ledger, 1, 1) == "35 50 2026-01-02");
    // The sale moves between the two purchases and closes the first.
    ledger.run("UPDATE transactions SET quantity = 10, timestamp = '2026-01-05' WHERE id = 3");
    CHECK(position(ledger, 1, 1) == "30 0 2026-01-02");
}

TEST_CASE("moving a trade to another portfolio or asset changes both positions") {
    Ledger ledger;
    SUBCASE("portfolio") {
        ledger.run("UPDATE transactions SET portfolio_id = 2 WHERE id = 2");
        CHECK(position(ledger, 1, 1) == "5 100 2026-01-10");
        CHECK(position(ledger, 2, 1) == "10 200 2026-02-10");
    }
    SUBCASE("asset") {
        ledger.run("UPDATE transactions SET asset_id = 2 WHERE id = 1");
        CHECK(position(ledger, 1, 1) == "5 200 2026-02-10");
        CHECK(position(ledger, 1, 2) == "10 100 2026-01-10");
    }
    SUBCASE("all of them: the old position has no trade left and goes") {
        ledger.run("UPDATE transactions SET portfolio_id = 2, asset_id = 2");
        CHECK(position(ledger, 1, 1) == "none");
        CHECK(position(ledger, 2, 2) == "15 150 2026-01-10");
    }
}

TEST_CASE(
    "exchanging two trades' values in one statement changes nothing but is noticed row by row") {
    Ledger ledger;
    ledger.run("UPDATE transactions SET price = CASE id WHEN 1 THEN 200 ELSE 100 END, timestamp = "
               "CASE id WHEN 1 THEN timestamp '2026-02-10' ELSE '2026-01-10' END WHERE id < 3");
    CHECK(position(ledger, 1, 1) == "15 150 2026-01-10");
}

TEST_CASE("an edit of notes or of the broker's reference alone changes nothing at all") {
    Ledger ledger;
    auto const before = ledger.value("SELECT positions::text || xmin || ctid "
                                     "FROM portfolio_positions AS positions");
    ledger.run("UPDATE transactions SET notes = 'from the broker''s letter'");
    ledger.run("UPDATE transactions SET external_id = 'X-1' WHERE id = 1");
    ledger.run("UPDATE transactions SET price = price");
    CHECK(ledger.value("SELECT positions::text || xmin || ctid "
                       "FROM portfolio_positions AS positions") == before);
    CHECK(ledger.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
}

TEST_CASE("deleting the last, a middle and the only trade leaves what the others say") {
    Ledger ledger;
    ledger.run("DELETE FROM transactions WHERE id = 3");
    CHECK(position(ledger, 1, 1) == "20 150 2026-01-10");
    CHECK(ledger.value("SELECT last_trade_at FROM portfolio_positions") == "2026-02-10 00:00:00");
    ledger.run("DELETE FROM transactions WHERE id = 1");
    CHECK(position(ledger, 1, 1) == "10 200 2026-02-10");
    ledger.run("DELETE FROM transactions WHERE id = 2");
    CHECK(position(ledger, 1, 1) == "none");
    buy(ledger, 1, 1, "1", "7", "2026-01-01");
    CHECK(position(ledger, 1, 1) == "1 7 2026-01-01");
}

TEST_CASE("deleting a middle trade replays what came after it") {
    Ledger ledger;
    ledger.run("DELETE FROM transactions WHERE id = 2");
    CHECK(position(ledger, 1, 1) == "5 100 2026-01-10");
}

TEST_CASE("TRUNCATE leaves no position, and an outbox row for each there was") {
    Ledger ledger;
    buy(ledger, 2, 2, "1", "1", "2026-04-01");
    ledger.run("DELETE FROM portfoliod.pending_changes");
    SUBCASE("of the trades") { ledger.run("TRUNCATE transactions"); }
    SUBCASE("of the portfolios with them") { ledger.run("TRUNCATE portfolios CASCADE"); }
    CHECK(ledger.value("SELECT count(*) FROM portfolio_positions") == "0");
    CHECK(ledger.value("SELECT string_agg(concat_ws(' ', portfolio_id, asset_id, from_date), ', ' "
                       "ORDER BY portfolio_id) FROM portfoliod.pending_changes") ==
          "1 1 2026-01-10, 2 2 2026-04-01");
}

TEST_CASE("a deleted portfolio takes its positions along and leaves an outbox row for its assets") {
    Ledger ledger;
    buy(ledger, 2, 1, "1", "1", "2026-04-01");
    ledger.run("DELETE FROM portfoliod.pending_changes");
    ledger.run("DELETE FROM portfolios WHERE id = 1");
    CHECK(position(ledger, 1, 1) == "none");
    CHECK(position(ledger, 2, 1) == "1 1 2026-04-01");
    CHECK(ledger.value("SELECT string_agg(concat_ws(' ', portfolio_id, asset_id, from_date), ', ') "
                       "FROM portfoliod.pending_changes") == "1 1 2026-01-10");
}

TEST_CASE("a deleted user takes portfolios and positions along") {
    Ledger ledger;
    buy(ledger, 2, 2, "1", "1", "2026-04-01");
    ledger.run("DELETE FROM portfoliod.pending_changes");
    ledger.run("DELETE FROM users");
    CHECK(ledger.value("SELECT count(*) FROM portfolio_positions") == "0");
    CHECK(ledger.value("SELECT string_agg(concat_ws(' ', portfolio_id, asset_id), ', ' "
                       "ORDER BY portfolio_id) FROM portfoliod.pending_changes") == "1 1, 2 2");
}

TEST_CASE(
    "trades and portfolio deleted in one transaction, in either order, leave nothing behind") {
    Ledger ledger;
    auto transaction = ledger.session().begin();
    transaction.execute_script(
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
        "timestamp) VALUES (1, 2, 'sell', 3, 12, '2026-01-11');" // oversold, and gone before the
                                                                 // commit
        "DELETE FROM transactions WHERE id = 1; DELETE FROM portfolios WHERE id = 1");
    transaction.commit();
    CHECK(ledger.value("SELECT count(*) FROM portfolio_positions") == "0");
}
