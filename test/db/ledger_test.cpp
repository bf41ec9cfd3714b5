#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using test::buy;
using test::position;
using test::sell;

// What trades make of a position, when they arrive and when they are edited. The averages were
// computed by hand.

namespace {

/// Ann's portfolio and one asset.
struct Ledger : test::Database {
    int portfolio = test::add_portfolio(*this, "ann@example.org");
    int asset = test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD");

    std::string held() { return position(*this, portfolio, asset); }
};

} // namespace

TEST_CASE("purchases in order add up and their average is weighted by quantity, fees left out") {
    Ledger ledger;
    buy(ledger, ledger.portfolio, ledger.asset, "10", "100", "2026-01-10 09:00", "7.5");
    CHECK(ledger.held() == "10 100 2026-01-10");
    buy(ledger, ledger.portfolio, ledger.asset, "30", "120", "2026-02-10 09:00", "7.5");
    CHECK(ledger.held() == "40 115 2026-01-10");
    CHECK(ledger.value("SELECT last_trade_at FROM portfolio_positions") == "2026-02-10 09:00:00");
}

TEST_CASE("the average is rounded once, to 12 decimals, half away from zero") {
    Ledger ledger;
    SUBCASE("one third up") {
        // (1 + 1 + 0) / 3 = 0.666…
        buy(ledger, ledger.portfolio, ledger.asset, "2", "1", "2026-01-10");
        buy(ledger, ledger.portfolio, ledger.asset, "1", "0", "2026-01-11");
        CHECK(ledger.held() == "3 0.666666666667 2026-01-10");
    }
    SUBCASE("an exact half goes up") {
        // (1 × 0.000000000001 + 1 × 0.000000000002) / 2 = 0.0000000000015
        buy(ledger, ledger.portfolio, ledger.asset, "1", "0.000000000001", "2026-01-10");
        buy(ledger, ledger.portfolio, ledger.asset, "1", "0.000000000002", "2026-01-11");
        CHECK(ledger.held() == "2 0.000000000002 2026-01-10");
    }
    SUBCASE("just below a half goes down, however close") {
        // 4999999999999999 / 10^16 in units of the last place: below one half by 10^-16 of it
        buy(ledger, ledger.portfolio, ledger.asset, "5000000000000001", "0", "2026-01-10");
        buy(ledger, ledger.portfolio, ledger.asset, "4999999999999998", "0.000000000001",
            "2026-01-11");
        CHECK(ledger.held() == "9999999999999999 0 2026-01-10");
    }
}

TEST_CASE("a sale leaves the average") {
    Ledger ledger;
    buy(ledger, ledger.portfolio, ledger.asset, "3", "1", "2026-01-10");
    buy(ledger, ledger.portfolio, ledger.asset, "4", "2", "2026-01-11");
    CHECK(ledger.held() == "7 1.571428571429 2026-01-10");
    sell(ledger, ledger.portfolio, ledger.asset, "5.5", "900", "2026-01-12");
    CHECK(ledger.held() == "1.5 1.571428571429 2026-01-10");
}

TEST_CASE(
    "a closed position stays with zeros and its first purchase, and a later purchase starts anew") {
    Ledger ledger;
    buy(ledger, ledger.portfolio, ledger.asset, "3", "50", "2026-01-10");
    sell(ledger, ledger.portfolio, ledger.asset, "3", "60", "2026-02-10");
    CHECK(ledger.held() == "0 0 2026-01-10");
    buy(ledger, ledger.portfolio, ledger.asset, "2", "80", "2026-03-10");
    CHECK(ledger.held() == "2 80 2026-01-10");
}

TEST_CASE("a back-dated trade counts where it belongs") {
    Ledger ledger;
    buy(ledger, ledger.portfolio, ledger.asset, "10", "100", "2026-01-10");
    sell(ledger, ledger.portfolio, ledger.asset, "10", "100", "2026-02-10");
    buy(ledger, ledger.portfolio, ledger.asset, "1", "300", "2026-03-10");
    // Before all of it: the first sale no longer closes the position.
    buy(ledger, ledger.portfolio, ledger.asset, "10", "200", "2026-01-05");
    // 20 at 150, 10 sold, 1 more at 300: (1500 + 300) / 11
    CHECK(ledger.held() == "11 163.636363636364 2026-01-05");
    // In the middle.
    sell(ledger, ledger.portfolio, ledger.asset, "10", "1", "2026-02-20");
    CHECK(ledger.held() == "1 300 2026-01-05");
}

TEST_CASE("positions are kept apart by portfolio and by asset") {
    Ledger ledger;
    auto const second = test::add_portfolio_of(ledger, ledger.portfolio);
    auto const other = test::add_asset(ledger, "BTC", "crypto", "", "USD");
    ledger.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
               "price, timestamp) VALUES ($1, $3, 'buy', 1, 10, '2026-01-01'), "
               "($2, $3, 'buy', 2, 20, '2026-01-02'), ($1, $4, 'buy', 0.000000000003, 30, "
               "'2026-01-03'), ($1, $3, 'buy', 1, 20, '2026-01-04')",
               {ledger.portfolio, second, ledger.asset, other});
    CHECK(ledger.held() == "2 15 2026-01-01");
    CHECK(position(ledger, second, ledger.asset) == "2 20 2026-01-02");
    CHECK(position(ledger, ledger.portfolio, other) == "0.000000000003 30 2026-01-03");
}

TEST_CASE(
    "within one timestamp all purchases count before all sales, as one sum, whatever came first") {
    // Bought 1 at 1 and 1 at 2 and 1 at 2 in one sum: 5/3. Folded one by one the average would be
    // rounded twice.
    auto const expected = "1 1.666666666667 2026-01-10";
    char const* const trades[] = {
        "(1, 1, 'sell', 2, 9, '2026-01-10')", "(1, 1, 'buy', 1, 1, '2026-01-10')",
        "(1, 1, 'buy', 1, 2, '2026-01-10')", "(1, 1, 'buy', 1, 2, '2026-01-10')"};
    int const arrivals[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 2, 3}, {1, 2, 3, 0}};
    Ledger ledger;
    REQUIRE(ledger.portfolio == 1);
    REQUIRE(ledger.asset == 1);
    std::string const insert = "INSERT INTO transactions (portfolio_id, asset_id, "
                               "transaction_type, quantity, price, timestamp) VALUES ";
    for (auto const& arrival : arrivals) {
        ledger.run("DELETE FROM transactions");
        auto transaction = ledger.session().begin();
        for (auto const which : arrival) transaction.execute(insert + trades[which]);
        transaction.commit();
        CHECK(ledger.held() == expected);
    }
}

TEST_CASE("what is sold at the moment of the only purchases closes the position") {
    Ledger ledger;
    buy(ledger, ledger.portfolio, ledger.asset, "2", "10", "2026-01-10 12:00");
    sell(ledger, ledger.portfolio, ledger.asset, "2", "11", "2026-01-10 12:00");
    CHECK(ledger.held() == "0 0 2026-01-10");
    // Bought at that same moment, typed later: counted before the sale.
    buy(ledger, ledger.portfolio, ledger.asset, "2", "20", "2026-01-10 12:00");
    CHECK(ledger.held() == "2 15 2026-01-10");
}

TEST_CASE("a sale may be typed before its purchase within one transaction") {
    Ledger ledger;
    auto transaction = ledger.session().begin();
    transaction.execute_script(
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
        "timestamp) VALUES (1, 1, 'sell', 3, 12, '2026-01-11');"
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
        "timestamp) VALUES (1, 1, 'buy', 5, 10, '2026-01-10')");
    transaction.commit();
    CHECK(ledger.held() == "2 10 2026-01-10");
}

TEST_CASE("within the transaction that enters a trade the position is already right") {
    Ledger ledger;
    auto transaction = ledger.session().begin();
    transaction.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                        "quantity, price, timestamp) VALUES (1, 1, 'buy', 5, 10, '2026-01-10')");
    CHECK(transaction.execute("SELECT trim_scale(quantity) FROM portfolio_positions")
              .one()
              .string(0) == "5");
}

TEST_CASE("an explicit NULL fee becomes 0, and so does a fee that is left out") {
    Ledger ledger;
    ledger.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
               "price, fee, timestamp) VALUES (1, 1, 'buy', 1, 1, NULL, '2026-01-10')");
    ledger.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
               "price, timestamp) VALUES (1, 1, 'buy', 1, 1, '2026-01-11')");
    ledger.run("UPDATE transactions SET fee = NULL WHERE id = 2");
    CHECK(ledger.value("SELECT string_agg(trim_scale(fee)::text, ' ') FROM transactions") == "0 0");
}

TEST_CASE("many trades in one statement settle each position once and right") {
    Ledger ledger;
    auto const other = test::add_asset(ledger, "BTC", "crypto", "", "USD");
    // 1,000 trades in two assets, arriving in no order: 3 bought for each 1 sold, all at one price.
    ledger.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
               "price, timestamp) SELECT 1, 1 + n % 2, CASE WHEN n % 8 < 6 THEN 'buy' ELSE 'sell' "
               "END, 1, 10 + n % 2, timestamp '2026-01-01' + n * interval '1 minute' "
               "FROM generate_series(0, 999) AS n ORDER BY md5(n::text)");
    CHECK(ledger.held() == "250 10 2026-01-01");
    CHECK(position(ledger, ledger.portfolio, other) == "250 11 2026-01-01");
}
