#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using test::buy;
using test::sell;

// Which days of prices and rates are asked for, seen from Monday 2026-11-23.

namespace {

/// Portfolio 1 and asset 1.
struct History : test::Database {
    History() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
    }

    /// Queues what is missing on that day and returns the open jobs.
    std::string jobs(std::string const& today = "2026-11-23",
                     std::string const& before = "1 year") {
        run("SELECT portfoliod.recount_tracked_assets(ARRAY(SELECT id FROM assets))");
        run("SELECT portfoliod.request_missing_history(NULL, $1, $2, 5)", {today, before});
        return value(
            "SELECT coalesce(string_agg(asset_id || ': ' || start_date || ' ' || end_date, "
            "', ' ORDER BY asset_id, start_date), 'none') FROM backfill_queue "
            "WHERE status IN ('pending', 'in_progress', 'rate_limited')");
    }

    std::string rate_jobs(std::string const& today = "2026-11-23") {
        run("SELECT portfoliod.request_missing_rates(NULL, $1, 5)", {today});
        return value("SELECT coalesce(string_agg(currency_code || ': ' || start_date || ' ' || "
                     "end_date, ', ' ORDER BY currency_code, start_date), 'none') "
                     "FROM portfoliod.rate_backfill_queue WHERE status = 'pending'");
    }

    /// Everything queued is answered in full, long ago.
    void serve_all() {
        run("INSERT INTO portfoliod.price_coverage (asset_id, served) SELECT asset_id, "
            "range_agg(daterange(start_date, end_date, '[]')) FROM backfill_queue GROUP BY "
            "asset_id "
            "ON CONFLICT (asset_id) DO UPDATE SET served = price_coverage.served + "
            "excluded.served");
        run("DELETE FROM backfill_queue");
    }
};

} // namespace

TEST_CASE("a held asset needs the year before its first purchase and every day up to yesterday") {
    History history;
    CHECK(history.jobs() == "none");
    buy(history, 1, 1, "1", "100", "2026-05-16 23:59"); // a Saturday: days are days
    CHECK(history.jobs() == "1: 2025-05-16 2026-11-22");
    CHECK(history.value("SELECT max_attempts FROM backfill_queue") == "5");
    SUBCASE("asked again, nothing is queued twice") {
        CHECK(history.jobs() == "1: 2025-05-16 2026-11-22");
    }
    SUBCASE("once served, only the days since are missing") {
        history.serve_all();
        CHECK(history.jobs() == "none");
        CHECK(history.jobs("2026-11-26") == "1: 2026-11-23 2026-11-25");
    }
}

TEST_CASE("a year before 29 February is 28 February") {
    History history;
    buy(history, 1, 1, "1", "100", "2024-02-29");
    CHECK(history.jobs() == "1: 2023-02-28 2026-11-22");
}

TEST_CASE("how much history before the purchase is a matter of choice") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    CHECK(history.jobs("2026-11-23", "0") == "1: 2026-05-16 2026-11-22");
}

TEST_CASE("a purchase of today needs the year before it, up to yesterday") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-11-23");
    CHECK(history.jobs() == "1: 2025-11-23 2026-11-22");
}

TEST_CASE("the earliest purchase of anyone counts, and an earlier one extends backwards") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    CHECK(history.jobs() == "1: 2025-05-16 2026-11-22");
    history.serve_all();
    buy(history, test::add_portfolio(history, "bob@example.org"), 1, "1", "90", "2026-03-01");
    CHECK(history.jobs() == "1: 2025-03-01 2025-05-15");
}

TEST_CASE("a sold asset needs the days up to its last trade, one bought again the gap between") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    sell(history, 1, 1, "1", "100", "2026-06-20");
    CHECK(history.jobs() == "1: 2025-05-16 2026-06-20");
    history.serve_all();
    CHECK(history.jobs() == "none");
    buy(history, 1, 1, "1", "100", "2026-09-10");
    CHECK(history.jobs() == "1: 2026-06-21 2026-11-22");
}

TEST_CASE("an asset one sold and another holds is needed up to yesterday") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    sell(history, 1, 1, "1", "100", "2026-06-20");
    buy(history, test::add_portfolio(history, "bob@example.org"), 1, "1", "90", "2026-06-01");
    CHECK(history.jobs() == "1: 2025-05-16 2026-11-22");
}

TEST_CASE("gaps in the middle are queued one by one") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    history.run("INSERT INTO portfoliod.price_coverage (asset_id, served) VALUES "
                "(1, '{[2025-06-01,2025-07-01),[2026-01-01,2026-10-01)}')");
    history.run("INSERT INTO backfill_queue (asset_id, start_date, end_date, status) VALUES "
                "(1, '2025-08-01', '2025-08-31', 'rate_limited')");
    CHECK(history.jobs() == "1: 2025-05-16 2025-05-31, 1: 2025-07-01 2025-07-31, "
                            "1: 2025-08-01 2025-08-31, 1: 2025-09-01 2025-12-31, "
                            "1: 2026-10-01 2026-11-22");
}

TEST_CASE("an inactive asset needs nothing new") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    history.run("UPDATE assets SET is_active = false");
    CHECK(history.jobs() == "none");
    CHECK(history.value("SELECT count(*) FROM portfoliod.quotable_assets()") == "0");
}

TEST_CASE("a failed job is not queued anew, days before it are, and its retry runs") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    history.jobs();
    history.run("UPDATE backfill_queue SET status = 'failed'");
    CHECK(history.jobs() == "none");
    CHECK(history.jobs("2026-11-29") == "none");
    buy(history, 1, 1, "1", "100", "2026-05-10");
    CHECK(history.jobs("2026-11-29") == "1: 2025-05-10 2025-05-15");
    history.run("UPDATE backfill_queue SET status = 'pending' WHERE status = 'failed'");
    CHECK(history.jobs("2026-11-29") == "1: 2025-05-10 2025-05-15, 1: 2025-05-16 2026-11-22, "
                                        "1: 2026-11-23 2026-11-28");
}

TEST_CASE("a job that used up its attempts keeps its own days only, and is tried again after "
          "twelve hours") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    history.jobs();
    history.run("UPDATE backfill_queue SET status = 'failed', attempts = max_attempts");
    history.run("SELECT portfoliod.revive_failed_jobs()");
    CHECK(history.jobs("2026-11-26") == "1: 2026-11-23 2026-11-25");
    history.run("ALTER TABLE backfill_queue DISABLE TRIGGER USER"); // which would touch updated_at
    history.run("UPDATE backfill_queue SET updated_at = updated_at - interval '13 hours'");
    history.run("ALTER TABLE backfill_queue ENABLE TRIGGER USER");
    history.run("SELECT portfoliod.revive_failed_jobs()");
    CHECK(
        history.value(
            "SELECT string_agg(status || ' ' || attempts, ', ' ORDER BY id) FROM backfill_queue") ==
        "pending 0, pending 0");
}

TEST_CASE("only the assets asked about are looked at") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    auto const other = test::add_asset(history, "BTC", "crypto", "", "USD");
    buy(history, 1, other, "1", "100", "2026-05-16");
    CHECK(history.value("SELECT portfoliod.request_missing_history(ARRAY[$1::int], '2026-11-23', "
                        "'1 year', 5)",
                        {other}) == "1");
    CHECK(history.value("SELECT asset_id FROM backfill_queue") == std::to_string(other));
}

TEST_CASE("a currency needs rates from a week before the first purchase in it") {
    History history;
    CHECK(history.rate_jobs() == "none");
    buy(history, 1, 1, "1", "100", "2026-05-16");
    CHECK(history.rate_jobs() == "none"); // USD in a portfolio in USD
    auto const sap = test::add_asset(history, "SAP", "stock", "XETRA", "EUR");
    auto const swiss = test::add_portfolio(history, "urs@example.org", "CHF");
    CHECK(history.rate_jobs() == "none");
    buy(history, 1, sap, "1", "100", "2026-07-01");
    sell(history, 1, sap, "1", "100", "2026-07-20");
    buy(history, swiss, 1, "1", "100", "2026-08-01");
    CHECK(history.rate_jobs() == "CHF: 2026-07-25 2026-11-22, EUR: 2026-06-24 2026-07-20");
    CHECK(history.rate_jobs() == "CHF: 2026-07-25 2026-11-22, EUR: 2026-06-24 2026-07-20");
    history.run("INSERT INTO portfoliod.rate_coverage (currency_code, served) VALUES "
                "('CHF', '{[2026-07-25,2026-11-23)}'), ('EUR', '{[2026-06-24,2026-07-21)}') "
                "ON CONFLICT (currency_code) DO UPDATE SET served = excluded.served");
    history.run("DELETE FROM portfoliod.rate_backfill_queue");
    CHECK(history.rate_jobs() == "none");
    buy(history, 1, sap, "1", "100", "2026-09-01");
    CHECK(history.rate_jobs("2026-11-24") == "CHF: 2026-11-23 2026-11-23, "
                                             "EUR: 2026-07-21 2026-11-23");
    // Asked about one asset, only what concerns it is a reason to look.
    CHECK(history.value("SELECT portfoliod.request_missing_rates('{}', '2026-11-30', 5)") == "0");
    CHECK(history.value("SELECT portfoliod.request_missing_rates(ARRAY[$1::int], '2026-11-30', 5)",
                        {sap}) == "2");
    CHECK(history.value("SELECT string_agg(c, ' ') FROM portfoliod.currencies_in_use() AS c") ==
          "CHF EUR");
}

TEST_CASE(
    "of the last four days only what an answer reached counts as served, older days in any case") {
    History history;
    auto const settled = [&](std::string const& asked, std::optional<std::string> const& last_row) {
        return history.value("SELECT portfoliod.settled_until($1, $2, '2026-11-23')",
                             {asked, last_row});
    };
    CHECK(settled("[2026-11-01,2026-11-23)", "2026-11-22") == "2026-11-22"); // all there
    CHECK(settled("[2026-11-01,2026-11-23)", "2026-11-20") == "2026-11-20"); // up to Friday
    CHECK(settled("[2026-11-01,2026-11-23)", "2026-11-10") == "2026-11-18");
    CHECK(settled("[2026-01-01,2026-02-01)", "2026-01-30") ==
          "2026-01-31"); // a weekend of long ago
    CHECK(settled("[2026-01-01,2026-02-01)", std::nullopt) == "2026-01-31"); // never traded
    CHECK(settled("[2026-01-01,2026-02-01)", "2026-02-05") == "2026-01-31"); // more than was asked
    // Nothing at all: the days that may still be published are not settled.
    CHECK(settled("[2026-11-01,2026-11-23)", std::nullopt) == "2026-11-18");
}

TEST_CASE("an empty answer for the last days leaves them to be asked for again") {
    History history;
    buy(history, 1, 1, "1", "100", "2026-05-16");
    history.jobs("2026-11-20");
    history.serve_all();
    CHECK(history.jobs("2026-11-23") == "1: 2026-11-20 2026-11-22");
    history.run("SELECT portfoliod.complete_backfill(job_id, token, NULL, NULL, 0, '2026-11-23') "
                "FROM portfoliod.claim_backfill('1 min', '{}', '{}')");
    // Not within twelve hours.
    CHECK(history.jobs("2026-11-23") == "none");
    history.run("UPDATE backfill_queue SET completed_at = completed_at - interval '13 hours'");
    CHECK(history.jobs("2026-11-24") == "1: 2026-11-20 2026-11-23");
}
