#include "support/database.hpp"
#include "support/ledger.hpp"
#include "tracking/price_store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <string>

using namespace portfoliod;

// How fetched rows get into the tables: staged, then merged by rules.

namespace {

using Rows = std::vector<db::CopyRow>;

constexpr auto close_only_before = "2024-11-23";

/// Assets 1 and 2.
struct Market : test::Database {
    Market() {
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        REQUIRE(test::add_asset(*this, "BTC", "crypto", "", "USD") == 2);
    }

    /// asset, date, close, source; returns how many rows changed.
    int merge(bool is_final, Rows const& closes) {
        auto transaction = session().begin();
        transaction.execute("SELECT portfoliod.prepare_staging()");
        transaction.copy("price_staging", {"asset_id", "price_date", "close", "source"}, closes);
        return merge_staged(transaction, is_final);
    }

    /// asset, date, open, high, low, close, volume, source.
    int merge_bars(bool is_final, Rows const& bars) {
        auto transaction = session().begin();
        transaction.execute("SELECT portfoliod.prepare_staging()");
        transaction.copy(
            "price_staging",
            {"asset_id", "price_date", "open", "high", "low", "close", "volume", "source"}, bars);
        return merge_staged(transaction, is_final);
    }

    int merge_rates(Rows const& rates) {
        auto transaction = session().begin();
        transaction.execute("SELECT portfoliod.prepare_staging()");
        transaction.copy("rate_staging", {"currency_code", "observed_at", "rate_to_usd", "source"},
                         rates);
        auto const changed =
            transaction.execute("SELECT portfoliod.merge_rates()").one().integer(0);
        transaction.commit();
        return changed;
    }

    /// Every row as "asset date bar source final", in order.
    std::string prices() {
        return value(
            "SELECT coalesce(string_agg(concat_ws(' ', asset_id, timestamp::date, "
            "trim_scale(open), trim_scale(high), trim_scale(low), trim_scale(close), volume, "
            "source, CASE WHEN is_final THEN 'final' ELSE 'provisional' END), ', ' "
            "ORDER BY asset_id, timestamp), 'none') FROM asset_prices");
    }

    std::string announced() {
        return value("WITH gone AS (DELETE FROM portfoliod.pending_changes RETURNING *) SELECT "
                     "coalesce(string_agg(concat_ws(' ', asset_id, currency_code, from_date), ', ' "
                     "ORDER BY asset_id, currency_code), 'nothing') FROM gone");
    }

  private:
    static int merge_staged(db::Transaction& transaction, bool is_final) {
        auto const changed = transaction
                                 .execute("SELECT coalesce(sum(rows_changed), 0)::int FROM "
                                          "portfoliod.merge_prices($1, $2)",
                                          {is_final, close_only_before})
                                 .one()
                                 .integer(0);
        transaction.commit();
        return changed;
    }
};

} // namespace

TEST_CASE(
    "merged bars are there and announced once per asset, and the same bars again change nothing") {
    Market market;
    Rows const bars = {{"1", "2026-01-06", "10", "12", "9", "11.123456789012", "1000", "yahoo"},
                       {"1", "2026-01-05", "9", "10", "8", "10", std::nullopt, "yahoo"},
                       {"2", "2026-01-05", "9", "10", "8", "10", "7", "kraken"}};
    CHECK(market.merge_bars(true, bars) == 3);
    auto const stored = market.prices();
    CHECK(stored == "1 2026-01-05 9 10 8 10 yahoo final, "
                    "1 2026-01-06 10 12 9 11.123456789012 1000 yahoo final, "
                    "2 2026-01-05 9 10 8 10 7 kraken final");
    CHECK(market.announced() == "1 2026-01-05, 2 2026-01-05");
    CHECK(market.merge_bars(true, bars) == 0);
    CHECK(market.prices() == stored);
    CHECK(market.announced() == "nothing");
}

TEST_CASE("staged rows are gone with the commit") {
    Market market;
    market.merge(true, {{"1", "2026-01-05", "10", "yahoo"}});
    CHECK(market.merge(true, {{"1", "2026-01-06", "10", "yahoo"}}) == 1);
}

TEST_CASE("a quote is provisional, follows the next quote, and gives way to the day's bar") {
    Market market;
    CHECK(market.merge(false, {{"1", "2026-01-05", "10", "yahoo"}}) == 1);
    CHECK(market.prices() == "1 2026-01-05 10 yahoo provisional");
    CHECK(market.merge(false, {{"1", "2026-01-05", "10.5", "kraken"}}) == 1);
    CHECK(market.prices() == "1 2026-01-05 10.5 kraken provisional");
    market.announced();
    // The same close, now final: a change, because figures resting on it are no longer estimated.
    CHECK(market.merge(true, {{"1", "2026-01-05", "10.5", "yahoo"}}) == 1);
    CHECK(market.prices() == "1 2026-01-05 10.5 yahoo final");
    CHECK(market.announced() == "1 2026-01-05");
}

TEST_CASE("a finished day never follows a quote") {
    Market market;
    market.merge(true, {{"1", "2026-01-05", "10", "yahoo"}});
    market.announced();
    CHECK(market.merge(false, {{"1", "2026-01-05", "99", "yahoo"}}) == 0);
    CHECK(market.prices() == "1 2026-01-05 10 yahoo final");
    CHECK(market.announced() == "nothing");
}

TEST_CASE("a finished day is corrected by its own source only") {
    Market market;
    market.merge(true, {{"1", "2026-01-05", "10", "yahoo"}});
    CHECK(market.merge(true, {{"1", "2026-01-05", "11", "kraken"}}) == 0);
    CHECK(market.prices() == "1 2026-01-05 10 yahoo final");
    CHECK(market.merge(true, {{"1", "2026-01-05", "10.01", "yahoo"}}) == 1);
    CHECK(market.prices() == "1 2026-01-05 10.01 yahoo final");
}

TEST_CASE("a price typed by hand is never touched") {
    Market market;
    market.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (1, '2026-01-05', 7)");
    market.run("INSERT INTO asset_prices (asset_id, timestamp, close, is_final) VALUES "
               "(1, '2026-01-06', 8, false)");
    CHECK(market.merge(false, {{"1", "2026-01-05", "10", "yahoo"}}) == 0);
    CHECK(market.merge(
              true, {{"1", "2026-01-05", "10", "yahoo"}, {"1", "2026-01-06", "10", "yahoo"}}) == 0);
    CHECK(market.prices() == "1 2026-01-05 7 manual final, 1 2026-01-06 8 manual provisional");
}

TEST_CASE("of days older than two years the close alone is kept, repeat or not") {
    Market market;
    Rows const bars = {{"1", "2024-11-22", "9", "11", "8", "10", "5", "yahoo"},
                       {"1", "2024-11-23", "9", "11", "8", "10", "5", "yahoo"}};
    CHECK(market.merge_bars(true, bars) == 2);
    CHECK(market.prices() == "1 2024-11-22 10 yahoo final, 1 2024-11-23 9 11 8 10 5 yahoo final");
    CHECK(market.merge_bars(true, bars) == 0);
}

TEST_CASE("a year without a partition gets one") {
    Market market;
    CHECK(market.value("SELECT to_regclass('asset_prices_1973')") == "NULL");
    CHECK(market.merge(true, {{"1", "1973-12-31", "1", "yahoo"}}) == 1);
    CHECK(market.value("SELECT tableoid::regclass FROM asset_prices") == "asset_prices_1973");
    CHECK(market.value("SELECT portfoliod.ensure_price_partition(1973)") == "f");
    CHECK(market.error_of("SELECT portfoliod.ensure_price_partition(99999)") != "");
    // It is a full member: one row a day, whoever writes.
    CHECK(market.error_of("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES "
                          "(1, '1973-12-31', 2)") != "");
}

TEST_CASE("making a partition does not wait for readers, nor they for it") {
    Market market;
    db::Session reader{{market.url(), "test"}};
    auto reading = reader.begin();
    reading.execute("SELECT count(*) FROM asset_prices");
    auto transaction = market.session().begin();
    transaction.execute_script("SET LOCAL lock_timeout TO '1s'");
    CHECK(transaction.execute("SELECT portfoliod.ensure_price_partition(1974)").one().boolean(0));
    reading.execute_script("SET LOCAL lock_timeout TO '1s'");
    reading.execute("SELECT count(*) FROM asset_prices");
    transaction.commit();
    CHECK(market.value("SELECT to_regclass('asset_prices_1974')") == "asset_prices_1974");
}

TEST_CASE(
    "a price write is noted in tracked_assets and makes the asset known to latest_asset_prices") {
    Market market;
    market.run("INSERT INTO tracked_assets (asset_id, last_price_update) VALUES (1, '2020-01-01')");
    market.merge(false, {{"1", "2026-01-05", "10", "yahoo"}});
    CHECK(
        market.value("SELECT last_price_update > (now() AT TIME ZONE 'UTC') - interval '1 minute' "
                     "FROM tracked_assets") == "t");
    // Seen, and still no day of it served.
    CHECK(market.value("SELECT served FROM portfoliod.price_coverage WHERE asset_id = 1") == "{}");
    CHECK(market.value("SELECT trim_scale(close) FROM latest_asset_prices") == "10");
}

TEST_CASE("merged rates follow their provider, but not over one typed by hand") {
    Market market;
    market.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
               "('EUR', 1.5, '2026-01-05')");
    market.announced();
    Rows const rates = {{"EUR", "2026-01-05", "1.1", "ecb"},
                        {"EUR", "2026-01-06", "1.2", "ecb"},
                        {"VND", "2026-01-06", "0.0000379912345678", "ecb"}};
    CHECK(market.merge_rates(rates) == 2);
    CHECK(market.announced() == "EUR 2026-01-06, VND 2026-01-06");
    CHECK(market.merge_rates(rates) == 0);
    CHECK(market.announced() == "nothing");
    CHECK(market.merge_rates({{"EUR", "2026-01-06", "1.25", "frankfurter"}}) == 1);
    CHECK(market.value("SELECT string_agg(concat_ws(' ', currency_code, trim_scale(rate_to_usd), "
                       "source), ', ' ORDER BY currency_code, timestamp) FROM exchange_rates") ==
          "EUR 1.5 manual, EUR 1.25 frankfurter, VND 0.0000379912345678 ecb");
}

TEST_CASE(
    "a rate that jumps is kept aside until a person has judged it, and those behind it are not") {
    Market market;
    auto const stored = [&] {
        return market.value("SELECT string_agg(trim_scale(rate_to_usd)::text, ' ' ORDER BY "
                            "timestamp) FROM exchange_rates WHERE currency_code = 'EUR'");
    };
    Rows const rates = {{"EUR", "2026-01-06", "110", "ecb"},
                        {"EUR", "2026-01-07", "1.12", "ecb"},
                        {"EUR", "2026-01-08", "0.01", "ecb"},
                        {"VND", "2026-01-06", "0.00004", "ecb"}};
    CHECK(market.merge_rates({{"EUR", "2026-01-05", "1.1", "ecb"}}) == 1);
    CHECK(market.merge_rates(rates) == 2);
    CHECK(market.merge_rates(rates) == 0);
    CHECK(stored() == "1.1 1.12");
    CHECK(market.value("SELECT string_agg(concat_ws(' | ', currency_code, problem, what_to_do), "
                       "E'\\n' ORDER BY problem) FROM portfolio_problems WHERE kind = "
                       "'quarantine'") ==
          "EUR | rate EUR 0.01 on 2026-01-08 from ecb was not believed: less than a 20th of the "
          "previous rate, 1.12 on 2026-01-07 | if it is right: SELECT portfoliod.accept(2); if it "
          "is wrong: DELETE FROM portfoliod.quarantine WHERE id = 2;\n"
          "EUR | rate EUR 110 on 2026-01-06 from ecb was not believed: more than 20 times the "
          "previous rate, 1.1 on 2026-01-05 | if it is right: SELECT portfoliod.accept(1); if it "
          "is wrong: DELETE FROM portfoliod.quarantine WHERE id = 1;");
    // Its provider has mended the one, a person admits the other.
    CHECK(market.merge_rates({{"EUR", "2026-01-06", "1.11", "ecb"}}) == 1);
    market.announced();
    CHECK(market.value("SELECT portfoliod.accept(2) IS NULL") == "t");
    CHECK(market.announced() == "EUR 2026-01-08");
    CHECK(stored() == "1.1 1.11 1.12 0.01");
    CHECK(market.value("SELECT count(*) FROM portfolio_problems WHERE kind = 'quarantine'") == "0");
    // What was admitted speaks for what comes after it, and stays when it comes again.
    CHECK(market.merge_rates(
              {{"EUR", "2026-01-08", "0.01", "ecb"}, {"EUR", "2026-01-09", "0.011", "ecb"}}) == 1);
}

TEST_CASE("exactly 20 times is no jump of a rate, and after ten days nothing speaks against one") {
    Market market;
    CHECK(market.merge_rates({{"EUR", "2026-01-05", "1", "ecb"},
                              {"EUR", "2026-01-06", "20", "ecb"},
                              {"EUR", "2026-01-07", "1", "ecb"}}) == 3);
    Rows rates;
    for (auto day = 8; day <= 20; ++day)
        rates.push_back({"EUR", fmt::format("2026-01-{:02}", day), "0.001", "ecb"});
    CHECK(market.merge_rates(rates) == 3); // of the 18th to the 20th
    CHECK(market.value("SELECT count(*) FROM portfoliod.quarantine") == "10");
    // Every hour the same provider says the same: one row a day is enough to judge it.
    for (auto const* const hour : {"10:00", "11:00", "12:00"})
        CHECK(market.merge_rates({{"EUR", std::string{"2026-01-21 "} + hour, "50", "coinbase"}}) ==
              0);
    CHECK(market.value("SELECT count(*) FROM portfoliod.quarantine") == "11");
}

TEST_CASE("a merged catalogue adds, changes and leaves alone, and the same again changes nothing") {
    Market market;
    market.run("UPDATE assets SET is_active = false WHERE id = 1");
    auto const merge = [&](Rows const& rows, bool with_metadata = true) {
        auto transaction = market.session().begin();
        transaction.execute("SELECT portfoliod.prepare_asset_staging()");
        transaction.copy("asset_staging",
                         {"line", "symbol", "name", "asset_type", "exchange", "native_currency",
                          "metadata_text"},
                         rows);
        CHECK(transaction.execute("SELECT portfoliod.check_staged_assets($1)", {with_metadata})
                  .empty());
        auto const row =
            transaction.execute("SELECT added || ' ' || changed FROM portfoliod.merge_assets()")
                .one()
                .string(0);
        transaction.commit();
        return row;
    };
    Rows const catalogue = {
        {"2", "TSLA", "Tesla", "stock", "NASDAQ", "USD", std::nullopt},
        {"3", "BTC", "BTC", "crypto", std::nullopt, "USD", std::nullopt}, // as it is
        {"4", "SAP", "twice", "stock", "XETRA", "EUR", std::nullopt},
        {"5", "SAP", "SAP SE", "stock", "XETRA", "EUR", R"({"isin": "DE0007164600"})"}};
    CHECK(merge(catalogue) == "1 1");
    CHECK(merge(catalogue) == "0 0");
    CHECK(market.value(
              "SELECT string_agg(concat_ws(' ', id, symbol, name, is_active), ', ' ORDER BY id) "
              "FROM assets WHERE id < 3") == "1 TSLA Tesla f, 2 BTC BTC t");
    CHECK(market.value("SELECT name || metadata FROM assets WHERE symbol = 'SAP'") ==
          R"(SAP SE{"isin": "DE0007164600"})");
    // A listing without metadata takes none away.
    CHECK(merge({{"2", "SAP", "SAP plc", "stock", "XETRA", "EUR", std::nullopt}}, false) == "0 1");
    CHECK(market.value("SELECT name || metadata FROM assets WHERE symbol = 'SAP'") ==
          R"(SAP plc{"isin": "DE0007164600"})");
}

TEST_CASE(
    "a bond that is quoted in percent of par is stored as money per unit of its face amount") {
    Market market;
    market.run("UPDATE assets SET asset_type = 'bond', metadata = '{\"price_factor\": 0.01}' "
               "WHERE id = 1");
    auto const day = parse_day("2026-11-20").value();
    market::PriceAnswer answer;
    answer.source = "yahoo";
    answer.rows.push_back({day, "98.5", {}, "97.0000000000012", "99.125", {}});
    auto transaction = market.session().begin();
    CHECK(tracking::store_prices(transaction, {{1, answer}}, tracking::Finality::final,
                                 day + std::chrono::days{3}, {}) == std::vector{1});
    transaction.commit();
    CHECK(market.prices() == "1 2026-11-20 0.985 0.97 0.99125 yahoo final");
    for (auto const* const factor : {"0", "-1", "\"0.01\"", "null"})
        CHECK_THROWS_WITH_AS(market.run("UPDATE assets SET metadata = "
                                        "jsonb_build_object('price_factor', $1::jsonb)",
                                        {factor}),
                             doctest::Contains("assets_price_factor_is_positive"), db::Error);
}
