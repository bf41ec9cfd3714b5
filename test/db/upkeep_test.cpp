#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;

namespace {

std::string keep(test::Database& database, std::string const& today) {
    return database.value(
        "SELECT concat_ws(' ', jobs, bars, rates) "
        "FROM portfoliod.upkeep($1, '7 days', ($1::date - interval '2 years')::date)",
        {today});
}

} // namespace

TEST_CASE("upkeep removes completed jobs after their time and no others") {
    test::Database database;
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    database.run(
        "INSERT INTO backfill_queue (asset_id, start_date, end_date, status, completed_at) "
        "SELECT $1, '2026-01-01', '2026-01-31', status, (now() AT TIME ZONE 'UTC') - age "
        "FROM (VALUES ('completed', interval '6 days'), ('completed', '8 days'), "
        "('failed', '8 days')) AS job (status, age)",
        {asset});
    database.run("INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date, "
                 "status, completed_at) VALUES ('EUR', '2026-01-01', '2026-01-31', 'completed', "
                 "'2020-01-01')");
    CHECK(keep(database, "2026-11-23") == "2 0 0");
    CHECK(database.value("SELECT string_agg(status, ' ' ORDER BY id) FROM backfill_queue") ==
          "completed failed");
    CHECK(keep(database, "2026-11-23") == "0 0 0");
}

TEST_CASE("upkeep keeps the close alone of bars older than two years, and says nothing about it") {
    test::Database database;
    auto const asset = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    database.run(
        "INSERT INTO asset_prices (asset_id, timestamp, open, high, low, close, volume, source) "
        "SELECT $1, day::timestamp, 1, 3, 0.5, 2, 9, source FROM (VALUES ('2024-11-22', 'yahoo'), "
        "('2024-11-21', 'manual'), ('2024-11-23', 'yahoo')) AS bar (day, source)",
        {asset});
    database.run("DELETE FROM portfoliod.pending_changes");
    CHECK(keep(database, "2026-11-23") == "0 1 0");
    CHECK(database.value(
              "SELECT string_agg(concat_ws(' ', trim_scale(open), trim_scale(close), volume), "
              "', ' ORDER BY timestamp) FROM asset_prices") == "1 2 9, 2, 1 2 9");
    CHECK(database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
    CHECK(keep(database, "2026-11-23") == "0 0 0");
}

TEST_CASE(
    "upkeep thins rates older than a week to the last of each UTC day, and says nothing about it") {
    test::Database database;
    database.run(
        "INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp, source) "
        "SELECT currency, extract(epoch FROM hour)::bigint % 1000000 + 1, hour, 'ecb' "
        "FROM generate_series(timestamp '2026-11-10', '2026-11-20 23:00', '1 hour') AS hour, "
        "unnest(ARRAY['EUR', 'GBP']) AS currency");
    database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
                 "('EUR', 5, '2026-11-12 11:30')"); // by hand
    database.run("DELETE FROM portfoliod.pending_changes");
    auto const of_days = [&] {
        return database.value(
            "SELECT string_agg(concat_ws(' ', currency_code, day, (SELECT r.rate_to_usd "
            "FROM exchange_rates r WHERE r.currency_code = c AND r.timestamp < day + 1 "
            "ORDER BY r.timestamp DESC LIMIT 1)), ', ') FROM (SELECT DISTINCT currency_code, "
            "currency_code AS c, timestamp::date AS day FROM exchange_rates ORDER BY 1, 3) AS "
            "days");
    };
    auto const before = of_days();
    // 10 … 15 November lie more than a week back: 23 of 24 rates go, of 2 currencies, on 6 days.
    CHECK(keep(database, "2026-11-23") == "0 0 276");
    CHECK(of_days() == before);
    CHECK(
        database.value("SELECT string_agg(DISTINCT timestamp::time::text, ' ') FROM exchange_rates "
                       "WHERE timestamp < '2026-11-16'") == "11:30:00 23:00:00");
    CHECK(database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
    CHECK(keep(database, "2026-11-23") == "0 0 0");
}

TEST_CASE("upkeep makes next year's partition") {
    test::Database database;
    keep(database, "2040-06-01");
    CHECK(database.value("SELECT to_regclass('asset_prices_2041')") == "asset_prices_2041");
}
