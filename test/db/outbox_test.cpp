#include "bus/channels.hpp"
#include "db/listening.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace portfoliod;
using test::buy;
using test::sell;

// What a change leaves behind: rows in the outbox, and notifications.

namespace {

using Texts = std::vector<std::string>;

/// Portfolios 1 and 2 of Ann, 3 of Bob; assets 1 (TSLA) and 2 (BTC); and an ear on every channel.
struct Bus : test::Database {
    Bus() : listening({url(), "test"}, every_channel()) {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_portfolio_of(*this, 1) == 2);
        REQUIRE(test::add_portfolio(*this, "bob@example.org") == 3);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        REQUIRE(test::add_asset(*this, "BTC", "crypto", "", "USD") == 2);
    }

    static Texts every_channel() {
        auto channels = bus::channels::listened();
        channels.emplace_back(bus::channels::portfolio_updated);
        return channels;
    }

    /// What was announced since the last time, in order. A round trip brings along all that was
    /// committed before it.
    Texts heard() {
        listening.probe();
        Texts texts;
        for (auto const& [channel, payload] : listening.take())
            texts.push_back(told(channel, payload));
        return texts;
    }

    /// One announcement as heard() gives it: the payload in the server's one spelling.
    std::string told(std::string const& channel, std::string const& payload) {
        return channel + " " + value("SELECT $1::jsonb", {payload});
    }

    /// The outbox's rows in order of arrival, as "portfolio asset currency from"; empties it.
    Texts left() {
        Texts texts;
        for (auto const row :
             run("SELECT concat_ws(' ', coalesce(portfolio_id::text, '-'), "
                 "coalesce(asset_id::text, "
                 "'-'), coalesce(currency_code, '-'), from_date) FROM portfoliod.pending_changes "
                 "ORDER BY portfolio_id, asset_id, currency_code"))
            texts.push_back(row.string(0));
        run("DELETE FROM portfoliod.pending_changes");
        return texts;
    }

    void forget() {
        heard();
        left();
    }

    db::Listening listening;
};

} // namespace

TEST_CASE("one purchase leaves one row and the seed's notification with portfolio and count") {
    Bus bus;
    buy(bus, 1, 1, "10", "120", "2026-01-10 09:30");
    CHECK(bus.left() == Texts{"1 1 - 2026-01-10"});
    CHECK(bus.heard() ==
          Texts{bus.told("transaction_created",
                         R"({"transaction_id": 1, "asset_id": 1, "timestamp": "2026-01-10T09:30:00",
                             "portfolio_id": 1, "count": 1})")});
}

TEST_CASE(
    "many trades in one statement leave one row and one notification per portfolio and asset") {
    Bus bus;
    bus.run(
        "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
        "timestamp) VALUES (2, 1, 'buy', 1, 1, '2026-03-01'), (1, 1, 'buy', 1, 1, '2026-02-01'), "
        "(1, 1, 'buy', 1, 1, '2026-01-01 10:00'), (1, 2, 'buy', 1, 1, '2026-01-05'), "
        "(1, 1, 'sell', 1, 1, '2026-02-02')");
    CHECK(bus.left() == Texts{"1 1 - 2026-01-01", "1 2 - 2026-01-05", "2 1 - 2026-03-01"});
    CHECK(bus.heard() ==
          Texts{bus.told("transaction_created",
                         R"({"transaction_id": 2, "asset_id": 1, "timestamp": "2026-01-01T10:00:00",
                             "portfolio_id": 1, "count": 3})"),
                bus.told("transaction_created",
                         R"({"transaction_id": 4, "asset_id": 2, "timestamp": "2026-01-05T00:00:00",
                             "portfolio_id": 1, "count": 1})"),
                bus.told("transaction_created",
                         R"({"transaction_id": 1, "asset_id": 1, "timestamp": "2026-03-01T00:00:00",
                             "portfolio_id": 2, "count": 1})")});
}

TEST_CASE("the same row of a broker is one trade, equal rows without an id stay two") {
    Bus bus;
    std::string const into = "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                             "quantity, price, timestamp, external_id) VALUES ";
    bus.run(into + "(1, 1, 'buy', 1, 10, '2026-01-02', 'X-1')");
    bus.forget();
    bus.run(into + "(1, 1, 'buy', 1, 10, '2026-01-02', 'X-1'), (1, 1, 'buy', 1, 10, '2026-01-02', "
                   "'X-1') ON CONFLICT DO NOTHING");
    CHECK(bus.heard() == Texts{});
    CHECK(bus.left() == Texts{});
    CHECK(test::position(bus, 1, 1) == "1 10 2026-01-02");

    // Unique within a portfolio: another's broker may count alike.
    bus.run(into + "(3, 1, 'buy', 5, 10, '2026-01-02', 'X-1') ON CONFLICT DO NOTHING");
    CHECK(test::position(bus, 3, 1) == "5 10 2026-01-02");
    CHECK(bus.error_of(into + "(1, 1, 'buy', 1, 10, '2026-01-03', 'X-1')").find("external_id") !=
          std::string::npos);

    bus.run(into + "(1, 1, 'buy', 1, 10, '2026-01-02', NULL), (1, 1, 'buy', 1, 10, '2026-01-02', "
                   "NULL) ON CONFLICT DO NOTHING");
    CHECK(test::position(bus, 1, 1) == "3 10 2026-01-02");
}

TEST_CASE("COPY of 100,000 trades leaves one row and one notification per portfolio and asset") {
    Bus bus;
    std::vector<db::CopyRow> rows;
    for (auto i = 0; i < 100'000; ++i)
        rows.push_back({std::to_string(i % 3 + 1), std::to_string(i % 2 + 1), "buy", "1", "10",
                        fmt::format("2026-01-02 {:02}:{:02}:{:02}", i % 24, i % 60, i % 59)});
    auto transaction = bus.session().begin();
    transaction.copy(
        "transactions",
        {"portfolio_id", "asset_id", "transaction_type", "quantity", "price", "timestamp"}, rows);
    transaction.commit();
    CHECK(bus.heard().size() == 6);
    CHECK(bus.left().size() == 6);
    CHECK(bus.value("SELECT sum(quantity) = 100000 AND min(average_buy_price) = 10 AND "
                    "max(average_buy_price) = 10 FROM portfolio_positions") == "t");
}

TEST_CASE("a trade moved to another asset leaves a row and a notification for both") {
    Bus bus;
    buy(bus, 1, 1, "10", "120", "2026-01-10");
    bus.forget();
    bus.run("UPDATE transactions SET asset_id = 2, timestamp = '2026-01-03'");
    CHECK(bus.left() == Texts{"1 1 - 2026-01-10", "1 2 - 2026-01-03"});
    CHECK(bus.heard() ==
          Texts{bus.told("transaction_updated",
                         R"({"transaction_id": 1, "asset_id": 1, "timestamp": "2026-01-10T00:00:00",
                             "portfolio_id": 1, "count": 1})"),
                bus.told("transaction_updated",
                         R"({"transaction_id": 1, "asset_id": 2, "timestamp": "2026-01-03T00:00:00",
                             "portfolio_id": 1, "count": 1})")});
}

TEST_CASE("a trade moved in time is recorded from the earlier of its two days, and counted once") {
    Bus bus;
    buy(bus, 1, 1, "10", "120", "2026-01-10");
    bus.forget();
    bus.run("UPDATE transactions SET timestamp = '2026-04-01'");
    CHECK(bus.left() == Texts{"1 1 - 2026-01-10"});
    bus.run("UPDATE transactions SET timestamp = '2025-12-01'");
    CHECK(bus.left() == Texts{"1 1 - 2025-12-01"});
    CHECK(bus.heard().back() ==
          bus.told("transaction_updated",
                   R"({"transaction_id": 1, "asset_id": 1, "timestamp": "2025-12-01T00:00:00",
                       "portfolio_id": 1, "count": 1})"));
}

TEST_CASE(
    "an edited fee or broker's rate is recorded though the position stays, edited notes are not") {
    Bus bus;
    buy(bus, 1, 1, "10", "120", "2026-01-10");
    bus.forget();
    bus.run("UPDATE transactions SET fee = 5");
    bus.run("UPDATE transactions SET rate_to_usd = 1.1");
    CHECK(bus.left() == Texts{"1 1 - 2026-01-10", "1 1 - 2026-01-10"});
    CHECK(bus.heard().size() == 2);
    bus.run("UPDATE transactions SET notes = 'a gift', external_id = 'X1'");
    bus.run("UPDATE transactions SET fee = 7 WHERE id = 99");
    CHECK(bus.left().empty());
    CHECK(bus.heard().empty());
}

TEST_CASE("deleted trades leave one row and one notification per portfolio and asset") {
    Bus bus;
    buy(bus, 1, 1, "10", "120", "2026-01-10");
    buy(bus, 1, 1, "10", "120", "2026-01-08");
    buy(bus, 3, 2, "1", "1", "2026-01-09");
    bus.forget();
    bus.run("DELETE FROM transactions");
    CHECK(bus.left() == Texts{"1 1 - 2026-01-08", "3 2 - 2026-01-09"});
    CHECK(bus.heard() ==
          Texts{bus.told("transaction_deleted",
                         R"({"transaction_id": 1, "asset_id": 1, "timestamp": "2026-01-08T00:00:00",
                             "portfolio_id": 1, "count": 2})"),
                bus.told("transaction_deleted",
                         R"({"transaction_id": 3, "asset_id": 2, "timestamp": "2026-01-09T00:00:00",
                             "portfolio_id": 3, "count": 1})")});
}

TEST_CASE("a refused or rolled back trade leaves nothing and says nothing") {
    Bus bus;
    CHECK_THROWS_AS(sell(bus, 1, 1, "1", "1", "2026-01-10"), db::Error);
    {
        auto transaction = bus.session().begin();
        transaction.execute("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                            "quantity, price, timestamp) VALUES (1, 1, 'buy', 1, 1, '2026-01-10')");
    }
    CHECK(bus.left().empty());
    CHECK(bus.heard().empty());
}

TEST_CASE("prices typed by hand are 'manual' and announced once per asset with their days") {
    Bus bus;
    bus.run("INSERT INTO asset_prices (asset_id, timestamp, close, source) VALUES "
            "(1, '2026-01-12', 100, NULL), (1, '2026-01-10', 100, 'letter'), (2, '2026-01-11', 5, "
            "'x')");
    bus.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (2, '2026-01-13', 6)");
    CHECK(bus.value("SELECT string_agg(source, ' ' ORDER BY asset_id, timestamp) "
                    "FROM asset_prices") == "letter manual x manual");
    CHECK(bus.left() == Texts{"- 1 - 2026-01-10", "- 2 - 2026-01-11", "- 2 - 2026-01-13"});
    CHECK(bus.heard() ==
          Texts{bus.told("prices_updated",
                         R"({"asset_id": 1, "from": "2026-01-10", "to": "2026-01-12"})"),
                bus.told("prices_updated",
                         R"({"asset_id": 2, "from": "2026-01-11", "to": "2026-01-11"})"),
                bus.told("prices_updated",
                         R"({"asset_id": 2, "from": "2026-01-13", "to": "2026-01-13"})")});
}

TEST_CASE("a changed or removed price is announced, one whose close stays is not") {
    Bus bus;
    bus.run("INSERT INTO asset_prices (asset_id, timestamp, open, close) VALUES "
            "(1, '2026-01-12', 99, 100)");
    bus.forget();
    bus.run("UPDATE asset_prices SET open = NULL, volume = 7");
    CHECK(bus.left().empty());
    CHECK(bus.heard().empty());
    bus.run("UPDATE asset_prices SET close = 101");
    bus.run("DELETE FROM asset_prices");
    CHECK(bus.left() == Texts{"- 1 - 2026-01-12", "- 1 - 2026-01-12"});
    auto const said =
        bus.told("prices_updated", R"({"asset_id": 1, "from": "2026-01-12", "to": "2026-01-12"})");
    CHECK(bus.heard() == Texts{said, said});
}

TEST_CASE("rates typed by hand are 'manual' and announced once per currency") {
    Bus bus;
    bus.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
            "('EUR', 1.1, '2026-01-12 10:00'), ('EUR', 1.2, '2026-01-10 10:00'), "
            "('GBP', 1.3, '2026-01-11')");
    CHECK(bus.value("SELECT count(*) FROM exchange_rates WHERE source = 'manual'") == "3");
    CHECK(bus.left() == Texts{"- - EUR 2026-01-10", "- - GBP 2026-01-11"});
    CHECK(bus.heard() ==
          Texts{bus.told("exchange_rates_updated",
                         R"({"currency_code": "EUR", "from": "2026-01-10", "to": "2026-01-12"})"),
                bus.told("exchange_rates_updated",
                         R"({"currency_code": "GBP", "from": "2026-01-11", "to": "2026-01-11"})")});
}

TEST_CASE("a rate that is not the last of its day goes silently, the last one does not") {
    Bus bus;
    bus.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
            "('EUR', 1.1, '2026-01-12 10:00'), ('EUR', 1.2, '2026-01-12 11:00')");
    bus.forget();
    bus.run("DELETE FROM exchange_rates WHERE rate_to_usd = 1.1");
    CHECK(bus.left().empty());
    CHECK(bus.heard().empty());
    bus.run("DELETE FROM exchange_rates");
    CHECK(bus.left() == Texts{"- - EUR 2026-01-12"});
    CHECK(bus.heard().size() == 1);
}

TEST_CASE("a split leaves one row of its asset from the first purchase of anyone, and says "
          "prices_updated") {
    Bus bus;
    buy(bus, 1, 1, "10", "120", "2026-01-10");
    buy(bus, 3, 1, "10", "120", "2026-01-05");
    bus.forget();
    // The asset from the first purchase of anyone.
    auto const with_holders = Texts{"1 1 - 2026-01-10", "3 1 - 2026-01-05", "- 1 - 2026-01-05"};
    test::split(bus, 1, "2026-02-01", 2, 1);
    CHECK(bus.left() == with_holders);
    auto const today = bus.value("SELECT (now() AT TIME ZONE 'UTC')::date");
    CHECK(bus.heard() ==
          Texts{bus.told("prices_updated",
                         R"({"asset_id": 1, "from": "2026-01-05", "to": ")" + today + "\"}")});
    bus.run("UPDATE asset_splits SET source = 'the letter'");
    CHECK(bus.left().empty());
    CHECK(bus.heard().empty());
    bus.run("DELETE FROM asset_splits");
    CHECK(bus.left() == with_holders);
    CHECK(bus.heard().size() == 1);
}

TEST_CASE("a new job is announced, and again when somebody sets it back to pending") {
    Bus bus;
    bus.run("INSERT INTO backfill_queue (asset_id, start_date, end_date) VALUES "
            "(2, '2026-01-01', '2026-01-31')");
    bus.run(
        "INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date) VALUES "
        "('EUR', '2026-01-01', '2026-01-31')");
    auto const price_job = bus.told("backfill_requested", R"({"job_id": 1, "asset_id": 2})");
    auto const rate_job =
        bus.told("backfill_requested", R"({"job_id": 1, "currency_code": "EUR"})");
    CHECK(bus.heard() == Texts{price_job, rate_job});
    bus.run("UPDATE backfill_queue SET status = 'failed'");
    bus.run("UPDATE portfoliod.rate_backfill_queue SET status = 'failed'");
    CHECK(bus.heard().empty());
    bus.run("UPDATE backfill_queue SET status = 'pending'");
    bus.run("UPDATE portfoliod.rate_backfill_queue SET status = 'pending'");
    CHECK(bus.heard() == Texts{price_job, rate_job});
    CHECK(bus.left().empty());
}

TEST_CASE("days that no calendar of ours can name are refused, and so hold up nobody's figures") {
    test::Database database;
    auto const asset = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    for (std::string const day : {"20200-05-01", "infinity", "0999-01-01", "-infinity"}) {
        CAPTURE(day);
        CHECK(database
                  .error_of("INSERT INTO exchange_rates (currency_code, rate_to_usd, "
                            "timestamp) VALUES ('EUR', 1.1, '" +
                            day + "')")
                  .find("exchange_rates_timestamp_in_range") != std::string::npos);
        CHECK(database
                  .error_of("INSERT INTO asset_splits (asset_id, ex_date, numerator, "
                            "denominator) VALUES (" +
                            std::to_string(asset) + ", '" + day + "', 2, 1)")
                  .find("asset_splits_date_in_range") != std::string::npos);
        CHECK(database.error_of("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (" +
                                std::to_string(asset) + ", '" + day + "', 1)") != "");
    }
    CHECK(database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
}
