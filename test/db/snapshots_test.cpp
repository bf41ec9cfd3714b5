#include "bus/drain.hpp"
#include "support/ledger.hpp"
#include "support/snapshots.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

constexpr auto today = Day{2026y / 11 / 23};

struct Held {
    /// One share in dollars and one in euros, both with closes of every day since the first of November.
    Held() {
        database.run("INSERT INTO asset_prices (asset_id, timestamp, close) "
                     "SELECT a, day, 100 + extract(day FROM day) FROM generate_series(1, 2) AS a, "
                     "generate_series(timestamp '2026-11-01', '2026-11-22', '1 day') AS day");
        database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) "
                     "SELECT 'EUR', 1.1, day FROM "
                     "generate_series(timestamp '2026-11-01', '2026-11-22', '1 day') AS day");
        // What is missing before is not the subject here: it has been asked for.
        database.run("INSERT INTO portfoliod.price_coverage (asset_id, served) SELECT a, "
                     "'{[2020-01-01,2026-11-23)}' FROM generate_series(1, 2) AS a ON CONFLICT "
                     "(asset_id) DO UPDATE SET served = excluded.served");
        database.run("INSERT INTO portfoliod.rate_coverage VALUES "
                     "('EUR', '{[2020-01-01,2026-11-23)}') ON CONFLICT (currency_code) DO UPDATE "
                     "SET served = excluded.served");
        settle();
    }

    performance::SnapshotsWritten settle() { return test::settle(database, today); }

    std::string days(std::string const& column) {
        return database.value("SELECT string_agg(concat_ws(' ', to_char(snapshot_date, 'DD'), " +
                              column + "), ', ' ORDER BY snapshot_date) FROM portfolio_snapshots");
    }

    std::string cached(std::string const& columns) {
        return database.value("SELECT concat_ws(' ', " + columns +
                              ") FROM portfolio_performance_cache");
    }

    test::Database database;
    int ann = test::add_portfolio(database, "ann@example.org");
    int share = test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
    int euro_share = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
};

} // namespace

TEST_CASE("there is a snapshot of every day from the first trade's to yesterday, also of those "
          "with nothing held") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    test::sell(held.database, held.ann, held.share, "2", "120", "2026-11-21 15:00", "1");
    CHECK(held.settle().days == 5);
    CHECK(held.days("total_value_usd") == "18 236.00, 19 238.00, 20 240.00, 21 0.00, 22 0.00");
    CHECK(held.days("net_flow_usd") == "18 238.00, 19 0.00, 20 0.00, 21 -239.00, 22 0.00");
    CHECK(held.days("status") == "18 final, 19 final, 20 final, 21 final, 22 final");
    // 236 / 238, then by the closes, then (0 + 239) / 240.
    CHECK(held.days("trim_scale(twr_index)") ==
          "18 0.991596638655, 19 1, 20 1.008403361345, 21 1.004201680673, 22 1.004201680673");
    CHECK(held.database.value("SELECT positions_snapshot FROM portfolio_snapshots WHERE "
                              "snapshot_date = '2026-11-22'") == "[]");
}

TEST_CASE("a snapshot says what was held, at which price of which day and at which rate") {
    Held held;
    test::buy(held.database, held.ann, held.euro_share, "0.5", "119", "2026-11-22 15:00");
    test::split(held.database, held.euro_share, "2026-11-23", 4, 1);
    held.settle();
    CHECK(held.database.value("SELECT positions_snapshot FROM portfolio_snapshots") ==
          R"([{"rate": "1.1", "price": "122", "symbol": "SAP", "asset_id": 2, "currency": "EUR", )"
          R"("quantity": "0.5", "value_usd": "268.4", "price_date": "2026-11-22", )"
          R"("split_factor": "4"}])");
    CHECK(held.days("total_value_usd") == "22 268.40");
}

TEST_CASE("portfolios without trades have no snapshots, and a trade of today makes none") {
    Held held;
    CHECK(held.settle().days == 0);
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-23 15:00");
    CHECK(held.settle().days == 0);
    CHECK(held.days("status") == "NULL");
    CHECK(held.cached("current_value_usd, day_change_pct, twr_pct, status") ==
          "244.00 2.5210 2.5210 final");
}

TEST_CASE("a back-dated trade rewrites the days from its own on and no other") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    held.settle();
    held.database.run("CREATE TABLE before AS SELECT snapshot_date, ctid AS place FROM "
                      "portfolio_snapshots");
    test::buy(held.database, held.ann, held.share, "1", "120", "2026-11-20 15:00");
    auto const written = held.settle();
    CHECK(written.days == 3);
    CHECK(written.restatements.days() == 3);
    CHECK(held.database.value(
              "SELECT string_agg(to_char(snapshot_date, 'DD'), ' ' ORDER BY snapshot_date) FROM "
              "portfolio_snapshots AS now JOIN before USING (snapshot_date) WHERE now.ctid = "
              "before.place") == "18 19");
    CHECK(held.days("total_value_usd") == "18 236.00, 19 238.00, 20 360.00, 21 363.00, 22 366.00");
}

TEST_CASE("a changed price rewrites the days it is the last close of, and those chained to them") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    test::buy(held.database, test::add_portfolio(held.database, "bob@example.org"), held.euro_share,
              "1", "119", "2026-11-18 15:00");
    held.settle();
    held.database.run("UPDATE asset_prices SET close = 130 WHERE asset_id = 1 AND timestamp = "
                      "'2026-11-20'");
    auto const written = held.settle();
    CHECK(written.portfolios == std::set{1}); // who does not hold it is not touched
    CHECK(written.restatements.days() == 1);
    CHECK(held.database.value("SELECT string_agg(trim_scale(twr_index)::text, ' ' ORDER BY "
                              "snapshot_date) FROM portfolio_snapshots WHERE portfolio_id = 1") ==
          "0.991596638655 1 1.09243697479 1.016806722689 1.025210084034");
}

TEST_CASE("a price of a day on which it was not yet held, or no longer, changes nothing") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    test::sell(held.database, held.ann, held.share, "2", "119", "2026-11-20 15:00");
    held.settle();
    held.database.run("UPDATE asset_prices SET close = close + 1 WHERE asset_id = 1 AND timestamp "
                      "= '2026-11-20'");
    CHECK(held.settle().portfolios.empty());
    held.database.run("UPDATE asset_prices SET close = close + 1 WHERE asset_id = 1 AND timestamp "
                      "= '2026-11-10'");
    CHECK(held.settle().days == 0);
}

TEST_CASE("a changed rate rewrites the days of those who hold the currency") {
    Held held;
    test::buy(held.database, held.ann, held.euro_share, "2", "119", "2026-11-18 15:00");
    held.settle();
    held.database.run("UPDATE exchange_rates SET rate_to_usd = 1.2 WHERE timestamp >= "
                      "'2026-11-22'");
    CHECK(held.settle().restatements.days() == 1);
    CHECK(held.days("total_value_usd") == "18 259.60, 19 261.80, 20 264.00, 21 266.20, 22 292.80");
}

TEST_CASE("days without a rate are incomplete, repeat the index, and are rewritten when it comes") {
    Held held;
    held.database.run("DELETE FROM exchange_rates WHERE timestamp < '2026-11-20'");
    test::buy(held.database, held.ann, held.euro_share, "2", "119", "2026-11-18 15:00");
    held.settle();
    CHECK(held.days("concat_ws(' ', total_value_usd, trim_scale(twr_index), status)") ==
          "18 0.00 1 incomplete, 19 0.00 1 incomplete, 20 264.00 1 final, 21 266.20 "
          "1.008333333333 final, 22 268.40 1.016666666666 final");
    CHECK(held.cached("status, coalesce(twr_pct::text, 'unknown')") == "incomplete unknown");
    held.database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) VALUES "
                      "('EUR', 1.1, '2026-11-17')");
    held.settle();
    CHECK(held.days("status") == "18 final, 19 final, 20 final, 21 final, 22 final");
    CHECK(held.cached("twr_pct, status") == "2.5210 final");
}

TEST_CASE("earlier snapshots go when the first trade moves later, and all with the last trade") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-15 15:00");
    held.settle();
    held.database.run("UPDATE transactions SET timestamp = '2026-11-21 15:00'");
    held.settle();
    CHECK(held.days("total_value_usd") == "21 242.00, 22 244.00");
    held.database.run("DELETE FROM transactions");
    held.settle();
    CHECK(held.days("total_value_usd") == "NULL");
}

TEST_CASE("midnights that were missed are caught up, and one that was not is not done again") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    test::settle(held.database, today - 2 * std::chrono::days{1});
    CHECK(held.days("total_value_usd") == "18 236.00, 19 238.00, 20 240.00");
    auto const mark = [&] {
        auto transaction = held.database.session().begin();
        auto const marked = performance::mark_missing_snapshots(transaction, today);
        transaction.commit();
        return marked;
    };
    CHECK(mark() == 1);
    CHECK(mark() == 0); // it is noted already
    CHECK(held.settle().days == 2);
    CHECK(held.days("total_value_usd") == "18 236.00, 19 238.00, 20 240.00, 21 242.00, 22 244.00");
    CHECK(mark() == 0);
}

TEST_CASE("while snapshots are due, what rests on them is unknown and the figures are estimated") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    {
        auto transaction = held.database.session().begin();
        CHECK(bus::drain_batch(transaction, today, {}).snapshots_due);
        transaction.commit();
    }
    CHECK(held.cached("current_value_usd, coalesce(day_change_pct::text, 'unknown'), "
                      "coalesce(twr_pct::text, 'unknown'), status") ==
          "244.00 unknown unknown estimated");
    held.settle();
    CHECK(held.cached("current_value_usd, day_change_pct, twr_pct, status") ==
          "244.00 0.0000 2.5210 final");
}

TEST_CASE("day, week, month and year start from the end of yesterday, 7 days, a month and a year "
          "ago") {
    Held held;
    held.database.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES "
                      "(1, '2025-11-20', 50), (1, '2026-10-20', 80), (1, '2026-11-23', 125)");
    test::buy(held.database, held.ann, held.share, "1", "40", "2025-11-19 15:00");
    held.settle();
    // 125 beside 122 of the 22nd, 116 of the 16th, 80 of October's 23rd, and 50 of the year before.
    CHECK(held.cached("day_change_pct, week_change_pct, month_change_pct, year_change_pct") ==
          "2.4590 7.7586 56.2500 150.0000");
}

TEST_CASE("a portfolio that cannot be valued keeps no other from it, and is reported until it is "
          "mended") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    auto const bob = test::add_portfolio(held.database, "bob@example.org");
    test::buy(held.database, bob, held.share, "999999999999999", "100", "2026-11-18 15:00");
    auto const written = held.settle();
    CHECK(written.failed == std::set{bob});
    CHECK(held.days("portfolio_id") == "18 1, 19 1, 20 1, 21 1, 22 1");
    CHECK(held.database.value("SELECT count(*) FROM portfolio_problems WHERE kind = 'not_valued' "
                              "AND portfolio_id = 2 AND problem ~ 'total_value_usd would be'") ==
          "1");
    held.database.run("UPDATE transactions SET quantity = 9 WHERE portfolio_id = 2");
    CHECK(held.settle().failed.empty());
    CHECK(held.database.value("SELECT count(*) FROM portfolio_problems") == "0");
    CHECK(held.database.value("SELECT count(*) FROM portfolio_snapshots WHERE portfolio_id = 2") ==
          "5");
}

TEST_CASE(
    "a portfolio that several batches take is one portfolio, and has failed when the last one "
    "says so") {
    Held held;
    test::buy(held.database, held.ann, held.share, "999999999999999", "119", "2026-11-18 15:00");
    auto all = held.settle();
    all += held.settle();
    CHECK(all.failed == std::set{held.ann});
    held.database.run("UPDATE transactions SET quantity = 2");
    all += held.settle();
    CHECK(all.portfolios == std::set{held.ann});
    CHECK(all.days == 5);
    CHECK(all.failed.empty());
}

TEST_CASE("rebuilt up to a day, later ones follow only where that day turned out another") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    held.settle();
    auto const rebuild = [&] {
        auto transaction = held.database.session().begin();
        performance::mark_snapshots_since(transaction, held.ann, Day{2026y / 11 / 1},
                                          Day{2026y / 11 / 19});
        transaction.commit();
        return held.settle().days;
    };
    CHECK(rebuild() == 0);
    held.database.run("UPDATE portfolio_snapshots SET total_value_usd = 1, value_exact = 1");
    CHECK(rebuild() == 5);
    CHECK(held.days("total_value_usd") == "18 236.00, 19 238.00, 20 240.00, 21 242.00, 22 244.00");
}

TEST_CASE("what a batch of snapshots took is due again when it does not commit") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    {
        auto transaction = held.database.session().begin();
        bus::drain_batch(transaction, today, {});
        transaction.commit();
    }
    {
        auto transaction = held.database.session().begin();
        CHECK(performance::compute_due_snapshots(transaction, test::FixedClock{today}).days == 5);
    }
    CHECK(held.days("status") == "NULL");
    CHECK(held.settle().days == 5);
}

TEST_CASE("what could not be computed is owed until it can be, whatever is computed later") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    held.settle();
    // Two changes at once; one of them stops the other from being seen.
    test::buy(held.database, held.ann, held.share, "100", "119", "2026-11-19 15:00");
    held.database.run("UPDATE asset_prices SET close = 9999999999999999 WHERE asset_id = 1 AND "
                      "timestamp = '2026-11-21'");
    CHECK(held.settle().failed == std::set{1});
    CHECK(held.cached("coalesce(twr_pct::text, 'unknown'), status") == "unknown estimated");
    held.database.run("UPDATE asset_prices SET close = 121 WHERE asset_id = 1 AND timestamp = "
                      "'2026-11-21'");
    held.settle();
    auto const followed = test::all_values(held.database);
    CHECK(held.days("total_value_usd") ==
          "18 236.00, 19 12138.00, 20 12240.00, 21 12342.00, 22 12444.00");
    CHECK(test::first_difference(followed, test::all_values_rebuilt(held.database, today)) ==
          "nothing");
}

TEST_CASE("a day that is not over by the clock of whoever computes is left to be computed when it "
          "is") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    test::settle(held.database, today - std::chrono::days{1});
    held.database.run("SELECT portfoliod.mark_missing_snapshots($1)", {today});
    CHECK(test::settle(held.database, today - std::chrono::days{1}).days == 0);
    CHECK(held.settle().days == 1);
}

TEST_CASE("a portfolio that somebody is deleting keeps nobody else's snapshots waiting") {
    Held held;
    auto const bob = test::add_portfolio(held.database, "bob@example.org");
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    test::buy(held.database, bob, held.share, "2", "119", "2026-11-20 15:00");
    db::Session other{{held.database.url(), "other"}};
    {
        auto transaction = held.database.session().begin();
        bus::drain_batch(transaction, today, {});
        transaction.commit();
    }
    auto deleting = other.begin();
    deleting.execute("DELETE FROM portfolios WHERE id = $1", {bob});
    {
        auto transaction = held.database.session().begin();
        CHECK(performance::compute_due_snapshots(transaction, test::FixedClock{today}).days == 5);
        transaction.commit();
    }
    deleting.commit();
    CHECK(held.settle().days == 0);
    CHECK(held.database.value("SELECT count(*) FROM portfoliod.due_snapshots") == "0");
}

TEST_CASE("a purchase of the past that the drain has not seen yet is no gain meanwhile") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    held.settle();
    test::buy(held.database, held.ann, held.share, "50", "119", "2026-11-19 15:00");
    held.database.run("INSERT INTO portfoliod.due_snapshots (portfolio_id, from_date) VALUES (1, "
                      "'infinity')");
    performance::compute_all_due(held.database.session(), test::FixedClock{today});
    CHECK(held.cached("day_change_pct, twr_pct, status") == "0.0000 2.5210 final");
    held.settle();
    CHECK(held.cached("current_value_usd, status") == "6344.00 final");
}

TEST_CASE("a split that nobody has acted on yet makes the days before it estimated") {
    Held held;
    test::buy(held.database, held.ann, held.share, "2", "119", "2026-11-18 15:00");
    held.settle();
    held.database.run("ALTER TABLE asset_splits DISABLE TRIGGER USER");
    held.database.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES "
                      "(1, '2026-11-22', 2, 1)");
    held.database.run("SELECT portfoliod.mark_snapshots_since(1, '2026-11-18', NULL)");
    held.settle();
    CHECK(held.days("status") ==
          "18 estimated, 19 estimated, 20 estimated, 21 estimated, 22 final");
}
