#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;
using test::buy;
using test::position;
using test::sell;

// What the ledger refuses, with which words, and that nothing has changed then.

namespace {

/// Portfolio 1 "savings" of Ann and asset 1, TSLA.
struct Ledger : test::Database {
    Ledger() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
    }

    /// All that a refused statement must leave as it was.
    std::string everything() {
        return value(
            "SELECT concat_ws('|', (SELECT array_agg(t ORDER BY id) FROM transactions t), "
            "(SELECT array_agg(p ORDER BY id) FROM portfolio_positions p), (SELECT count(*) "
            "FROM portfoliod.pending_changes), (SELECT array_agg(s) FROM asset_splits s))");
    }

    /// The refusal of a trade with these values.
    std::string refusal(std::string const& quantity, std::string const& price,
                        std::string const& fee = "0", std::string const& timestamp = "2026-01-10") {
        return error_of(
            fmt::format("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                        "quantity, price, fee, timestamp) VALUES (1, 1, 'buy', '{}', '{}', '{}', "
                        "'{}')",
                        quantity, price, fee, timestamp));
    }
};

bool has(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

#define CHECK_HAS(text, part) CHECK_MESSAGE(has(text, part), text)

} // namespace

TEST_CASE("selling more than is held is refused with portfolio, symbol, held, sold and time, and "
          "nothing changes") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "100", "2026-01-10 09:30");
    auto const before = ledger.everything();
    auto const refusal = ledger.error_of(
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
        "timestamp) VALUES (1, 1, 'sell', 10.5, 100, '2026-01-11 15:04:05')");
    CHECK_HAS(refusal, "portfolio 1 \"savings\"");
    CHECK_HAS(refusal, "TSLA");
    CHECK_HAS(refusal, "10.5 sold at 2026-01-11 15:04:05");
    CHECK_HAS(refusal, "only 10 held");
    CHECK(ledger.everything() == before);
}

TEST_CASE("an oversold position is refused at commit, not before") {
    Ledger ledger;
    {
        auto transaction = ledger.session().begin();
        transaction.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                            "quantity, price, timestamp) VALUES (1, 1, 'sell', 1, 1, "
                            "'2026-01-10')");
        CHECK_THROWS_AS(transaction.commit(), db::Error);
    }
    CHECK(position(ledger, 1, 1) == "none");
}

TEST_CASE("an oversold position is refused when the constraint is checked early") {
    Ledger ledger;
    auto transaction = ledger.session().begin();
    transaction.execute_script("SET CONSTRAINTS ALL IMMEDIATE");
    CHECK_THROWS_AS(transaction.execute(
                        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                        "quantity, price, timestamp) VALUES (1, 1, 'sell', 1, 1, '2026-01-10')"),
                    db::Error);
}

TEST_CASE("edits that would oversell the past are refused, though enough is held today") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "100", "2026-01-10");  // transaction 1
    sell(ledger, 1, 1, "10", "100", "2026-02-10"); // transaction 2
    buy(ledger, 1, 1, "50", "100", "2026-03-10");  // transaction 3
    auto const before = ledger.everything();

    struct {
        char const* edit;
        char const* held;
    } const edits[] = {
        {"UPDATE transactions SET quantity = 9.999999999999 WHERE id = 1", "9.999999999999"},
        {"UPDATE transactions SET timestamp = '2026-02-11' WHERE id = 1", "0"},
        {"UPDATE transactions SET timestamp = '2026-01-09' WHERE id = 2", "0"},
        {"DELETE FROM transactions WHERE id = 1", "0"},
        {"INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
         "timestamp) VALUES (1, 1, 'sell', 1, 1, '2026-01-20')",
         "9"},
        {"UPDATE transactions SET transaction_type = 'sell' WHERE id = 1", "0"},
        // A reverse split between purchase and sale: there are only 5 to sell.
        {"INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) "
         "VALUES (1, '2026-02-01', 1, 2)",
         "5"},
    };

    for (auto const& [edit, held] : edits) {
        CAPTURE(std::string{edit});
        auto const refusal = ledger.error_of(edit);
        CHECK_HAS(refusal, fmt::format("only {} held", held));
        CHECK(ledger.everything() == before);
    }
}

TEST_CASE("a split cannot be taken away when a sale rests on it") {
    Ledger ledger;
    buy(ledger, 1, 1, "10", "100", "2026-01-10");
    test::split(ledger, 1, "2026-02-01", 2, 1);
    sell(ledger, 1, 1, "15", "50", "2026-02-10");
    auto const before = ledger.everything();
    CHECK_HAS(ledger.error_of("DELETE FROM asset_splits"), "15 sold at 2026-02-10");
    CHECK(ledger.everything() == before);
}

TEST_CASE("one bad trade among many refuses the whole statement") {
    Ledger ledger;
    auto const before = ledger.everything();
    CHECK(ledger.error_of("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                          "quantity, price, timestamp) SELECT 1, 1, CASE WHEN n = 50 THEN 'sell' "
                          "ELSE 'buy' END, 60, 1, timestamp '2026-01-01' + n * interval '1 hour' "
                          "FROM generate_series(0, 99) AS n") == "");
    ledger.run("DELETE FROM transactions");
    ledger.run("DELETE FROM portfoliod.pending_changes");
    CHECK_HAS(ledger.error_of("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                              "quantity, price, timestamp) SELECT 1, 1, CASE WHEN n = 50 THEN "
                              "'sell' ELSE 'buy' END, CASE WHEN n = 50 THEN 51 ELSE 1 END, 1, "
                              "timestamp '2026-01-01' + n * interval '1 hour' "
                              "FROM generate_series(0, 99) AS n"),
              "51 sold at 2026-01-03 02:00:00 but only 50 held");
    CHECK(ledger.everything() == before);
}

TEST_CASE("a trade more than a day ahead is refused with a word on UTC, one within it is not") {
    Ledger ledger;
    auto const ahead =
        ledger.value("SELECT date_trunc('second', now() AT TIME ZONE 'UTC') + interval '25 hours'");
    CHECK_HAS(ledger.refusal("1", "1", "0", ahead),
              "timestamp " + ahead + " is in the future; transactions.timestamp is UTC");
    auto const within =
        ledger.value("SELECT date_trunc('second', now() AT TIME ZONE 'UTC') + interval '23 hours'");
    CHECK(ledger.refusal("1", "1", "0", within) == "");
    CHECK_HAS(ledger.error_of("UPDATE transactions SET timestamp = '" + ahead + "'"),
              "is in the future");
}

TEST_CASE("the hour of refusal is UTC whatever the session's time zone says") {
    Ledger ledger;
    auto transaction = ledger.session().begin();
    transaction.execute_script("SET LOCAL timezone TO 'Pacific/Kiritimati'"); // UTC+14
    CHECK_THROWS_AS(
        transaction.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                            "quantity, price, timestamp) VALUES (1, 1, 'buy', 1, 1, "
                            "(now() AT TIME ZONE 'UTC') + interval '24 hours 1 second')"),
        db::Error);
}

TEST_CASE("what is no trade is refused with a word on what it must be") {
    Ledger ledger;
    CHECK_HAS(ledger.refusal("0", "1"), "quantity is 0; it must be above 0");
    CHECK_HAS(ledger.refusal("-1", "1"), "quantity is -1; it must be above 0");
    CHECK_HAS(ledger.refusal("NaN", "1"), "quantity is NaN; it must be above 0");
    CHECK_HAS(ledger.refusal("1", "-0.01"), "price is -0.01; it must be 0 or more");
    CHECK_HAS(ledger.refusal("1", "NaN"), "price is NaN; it must be 0 or more");
    CHECK_HAS(ledger.refusal("1", "1", "-1"), "fee is -1; it must be 0 or more");
    CHECK_HAS(ledger.refusal("1", "1", "NaN"), "fee is NaN; it must be 0 or more");
    CHECK_HAS(ledger.refusal("1", "1", "0", "infinity"), "timestamp is infinity; it must be");
    CHECK_HAS(ledger.refusal("1", "1", "0", "-infinity"), "timestamp is -infinity; it must be");
    CHECK_HAS(ledger.refusal("1", "1", "0", "1899-12-31"), "it must be a moment since 1900");
    // The column's own precision knows no infinity.
    CHECK_HAS(ledger.refusal("Infinity", "1"), "numeric field overflow");
    CHECK_HAS(ledger.refusal("1", "Infinity"), "numeric field overflow");
    CHECK_HAS(ledger.error_of("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                              "quantity, price, timestamp) VALUES (1, 1, 'gift', 1, 1, "
                              "'2026-01-10')"),
              "transaction_type is \"gift\"; it must be 'buy' or 'sell'");
    for (auto const* const rate : {"0", "-1", "NaN"})
        CHECK_HAS(ledger.error_of(fmt::format(
                      "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                      "quantity, price, timestamp, rate_to_usd) VALUES (1, 1, 'buy', 1, 1, "
                      "'2026-01-10', '{}')",
                      rate)),
                  fmt::format("rate_to_usd is {}; it must be above 0", rate));
    CHECK(ledger.value("SELECT count(*) FROM transactions") == "0");
    CHECK(ledger.refusal("1", "0") == ""); // a gift
}

TEST_CASE("what is no trade is refused also where triggers are told to stay silent") {
    Ledger ledger;
    auto transaction = ledger.session().begin();
    transaction.execute_script("SET LOCAL session_replication_role = replica");
    CHECK_THROWS_WITH_AS(
        transaction.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                            "quantity, price, timestamp) VALUES (1, 1, 'buy', 'NaN', 1, "
                            "'2026-01-10')"),
        doctest::Contains("quantity is NaN"), db::Error);
}

TEST_CASE("minor units are refused as currencies, and the hint names the major one") {
    Ledger ledger;

    struct {
        char const* minor;
        char const* major;
    } const units[] = {{"GBp", "GBP"}, {"GBX", "GBP"}, {"ILA", "ILS"}, {"ZAc", "ZAR"}};

    for (auto const& [minor, major] : units) {
        CAPTURE(std::string{minor});
        auto const hint = fmt::format("HINT: Use {}", major);
        auto const asset = ledger.error_of(
            fmt::format("INSERT INTO assets (symbol, name, asset_type, native_currency) "
                        "VALUES ('VOD', 'Vodafone', 'stock', '{}')",
                        minor));
        CHECK_HAS(asset, minor);
        CHECK_HAS(asset, hint);
        CHECK_HAS(ledger.error_of(
                      fmt::format("UPDATE assets SET native_currency = '{}' WHERE id = 1", minor)),
                  hint);
        CHECK_HAS(ledger.error_of(fmt::format("UPDATE portfolios SET currency = '{}'", minor)),
                  hint);
        CHECK_HAS(
            ledger.error_of(fmt::format("INSERT INTO exchange_rates (currency_code, rate_to_usd, "
                                        "timestamp) VALUES ('{}', 1, '2026-01-10')",
                                        minor)),
            hint);
    }
    CHECK_HAS(ledger.error_of("UPDATE assets SET native_currency = 'usd' WHERE id = 1"),
              "assets_currency_is_iso_major_unit");
}

TEST_CASE("a position beyond the column's range is refused with words that say so") {
    Ledger ledger;
    buy(ledger, 1, 1, "9000000000000000", "1", "2026-01-10");
    auto const before = ledger.everything();
    auto const quantity = ledger.refusal("1000000000000000", "1", "0", "2026-01-11");
    CHECK_HAS(quantity, "portfolio 1 \"savings\", TSLA");
    CHECK_HAS(quantity, "beyond the range");
    CHECK_HAS(quantity, "10000000000000000");
    CHECK(ledger.everything() == before);
    CHECK_HAS(
        ledger.error_of("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) "
                        "VALUES (1, '2026-02-01', 2, 1)"),
        "beyond the range");
    // Typed beyond the column itself.
    CHECK_HAS(ledger.refusal("10000000000000000", "1"), "numeric field overflow");
    CHECK(ledger.everything() == before);
}
