#include "support/database.hpp"
#include "support/ledger.hpp"
#include "support/snapshots.hpp"
#include "tracking/backfill_queue.hpp"
#include "tracking/needs.hpp"
#include "tracking/price_store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

using namespace portfoliod;
using std::chrono::days;

// Splits: whatever the order of trades, split and fetch, and whether or not the provider has rescaled its history.

namespace {

/// How the made-up provider gives a share that was worth 100 until it split 2 for 1, and 51 since.
struct Provider {
    std::string name = "yahoo";
    bool rescaled = true;      ///< its closes before the split are 50
    bool reports = false;      ///< the split comes with the history
    bool unadjusted = false;   ///< and that is what it says of itself
    bool has_split_day = true; ///< it has a close of the split's day and after
};

/// Portfolio 1 and asset 1, which splits 2 for 1 on `ex_date`.
struct World : test::Database {
    World() {
        REQUIRE(test::add_portfolio(*this, "ann@example.org") == 1);
        REQUIRE(test::add_asset(*this, "ACME", "stock", "NYSE", "USD") == 1);
    }

    Day const today = SystemClock{}.today();
    Day ex_date = today - days{4};
    Provider provider;

    void buy_before() { test::buy(*this, 1, 1, "10", "100", to_text(today - days{30})); }

    void buy_after() { test::buy(*this, 1, 1, "4", "52", to_text(today - days{2})); }

    void type_split() { test::split(*this, 1, to_text(ex_date), 2, 1); }

    market::PriceAnswer answer(DayRange asked) const {
        market::PriceAnswer answer;
        answer.source = provider.name;
        answer.unadjusted = provider.unadjusted;
        answer.tells_splits = provider.reports;
        auto const last =
            provider.has_split_day ? asked.last : std::min(asked.last, ex_date - days{1});
        for (auto day = asked.first; day <= last; day += days{1})
            answer.rows.push_back({day,
                                   {},
                                   {},
                                   {},
                                   day >= ex_date      ? "51"
                                   : provider.rescaled ? "50"
                                                       : "100",
                                   {}});
        if (provider.reports && asked.contains(ex_date))
            answer.splits.push_back({ex_date, "2", "1"});
        return answer;
    }

    void drain() { test::settle(*this, today); }

    /// False when the job was lost.
    bool complete(db::Transaction& transaction, tracking::PriceJob job,
                  market::PriceAnswer said) const {
        auto const fetched = tracking::Fetched<tracking::PriceJob>{std::move(job), std::move(said)};
        return tracking::complete(transaction, {&fetched, 1}, today, {}).front().has_value();
    }

    /// Works off what is queued, once each; returns how many jobs that were.
    int fetch() {
        drain();
        auto jobs = 0;
        for (;; ++jobs) {
            auto transaction = session().begin();
            auto const job = tracking::claim_price_job(transaction, {});
            if (!job) break;
            REQUIRE(complete(transaction, *job, answer(job->range)));
            transaction.commit();
            REQUIRE(jobs < 20);
            drain();
        }
        return jobs;
    }

    /// A day later, as far as the queue is concerned: what is still missing is asked for again.
    void ask_again() {
        run("UPDATE backfill_queue SET completed_at = completed_at - interval '1 day'");
        run("UPDATE portfoliod.price_coverage SET outdated_at = outdated_at - interval '1 day'");
        auto transaction = session().begin();
        tracking::request_all_missing_history(transaction, today, {});
        transaction.commit();
    }

    std::string status() {
        return value("SELECT coalesce((SELECT status FROM portfolio_performance_cache), 'none')");
    }

    std::string worth() {
        return value("SELECT trim_scale(current_value_usd) FROM portfolio_performance_cache");
    }

    /// The closes stored of days before the split, and of those since.
    std::string closes() {
        return value("SELECT concat_ws(' | ', string_agg(DISTINCT trim_scale(close)::text, ' ') "
                     "FILTER (WHERE timestamp < $1), "
                     "string_agg(DISTINCT trim_scale(close)::text, ' ') FILTER (WHERE timestamp >= "
                     "$1)) FROM asset_prices",
                     {ex_date});
    }

    std::string holding() {
        return value("SELECT trim_scale(quantity) || ' at ' || round(average_buy_price, 4) FROM "
                     "portfolio_positions");
    }

    bool split_known() { return value("SELECT count(*) FROM asset_splits") != "0"; }
};

} // namespace

TEST_CASE("in every order of trades, split and fetches, figures called final are right, and in the "
          "end all are") {
    enum Step { trade_before, trade_after, split, fetch };

    for (auto const reports : {false, true})
        for (auto const rescaled_first : {true, false})
            for (auto const unadjusted : {false, true}) {
                if (unadjusted && (rescaled_first || !reports))
                    continue; // it would be asked for nothing, or is none
                std::vector<Step> steps{trade_before, trade_after, fetch};
                if (!reports) steps.push_back(split);
                std::ranges::sort(steps);
                do {
                    World world;
                    world.provider.reports = reports;
                    world.provider.rescaled = rescaled_first;
                    world.provider.unadjusted = unadjusted;
                    std::string order;
                    auto bought = 0;
                    auto const judge = [&] {
                        CAPTURE(order);
                        CAPTURE(reports);
                        CAPTURE(rescaled_first);
                        CAPTURE(unadjusted);
                        if (!world.split_known() || world.status() != "final") return;
                        CHECK(world.worth() == std::to_string(bought * 51));
                        // Before the first purchase nothing rests on it.
                        if (bought >= 20) CHECK(world.closes() == "50 | 51");
                    };
                    for (auto const step : steps) {
                        order += "bsaf"[step == trade_before  ? 0
                                        : step == split       ? 1
                                        : step == trade_after ? 2
                                                              : 3];
                        if (step == trade_before) bought += 20, world.buy_before();
                        if (step == trade_after) bought += 4, world.buy_after();
                        if (step == split) world.type_split();
                        if (step == fetch) world.fetch();
                        world.drain();
                        judge();
                    }
                    world.fetch();
                    judge();
                    CAPTURE(order);
                    CAPTURE(reports);
                    CAPTURE(rescaled_first);
                    CAPTURE(unadjusted);
                    CHECK(world.split_known());
                    CHECK(world.holding() == "24 at 50.3333"); // (20 × 50 + 4 × 52) / 24
                    if (!rescaled_first && !unadjusted) {
                        CHECK(world.status() == "estimated"); // asked, and not rescaled yet
                        world.provider.rescaled = true;
                        world.ask_again();
                        CHECK(world.fetch() == 1);
                    }
                    CHECK(world.status() == "final");
                    CHECK(world.worth() == "1224"); // 24 × 51
                    CHECK(world.closes() == "50 | 51");
                    world.ask_again();
                    CHECK(world.fetch() == 0); // nothing is missing any more
                } while (std::ranges::next_permutation(steps).found);
            }
}

TEST_CASE("history served before a split is asked for again from the split's day back, and is "
          "estimated until then") {
    World world;
    world.provider.rescaled = false;
    world.buy_before();
    world.fetch();
    CHECK(world.status() == "final");
    CHECK(world.closes() == "100 | 51");
    world.type_split();
    world.drain();
    CHECK(world.status() == "estimated");
    CHECK(world.value("SELECT end_date FROM backfill_queue WHERE status = 'pending'") ==
          to_text(world.ex_date - days{1}));
    world.provider.rescaled = true;
    CHECK(world.fetch() == 1);
    CHECK(world.status() == "final");
    CHECK(world.closes() == "50 | 51");
}

TEST_CASE("a split of today is estimated until a close in its shares is there, and right as soon "
          "as there is one") {
    World world;
    world.ex_date = world.today;
    world.provider = {.rescaled = false, .reports = true, .has_split_day = false};
    world.buy_before();
    world.type_split();
    world.fetch();
    CHECK(world.holding() == "20 at 50.0000");
    CHECK(world.status() == "estimated");
    // Not even the rescaled history says by itself that it is that.
    world.provider.rescaled = true;
    world.ask_again();
    CHECK(world.fetch() == 1);
    CHECK(world.status() == "estimated");
    CHECK(world.worth() == "1000");
    auto transaction = world.session().begin();
    market::PriceAnswer quote;
    quote.source = "yahoo";
    quote.rows = {{world.today, {}, {}, {}, "51", {}}};
    tracking::store_prices(transaction, {{1, quote}}, tracking::Finality::provisional, world.today,
                           {});
    transaction.commit();
    world.drain();
    CHECK(world.worth() == "1020");
    world.ask_again();
    CHECK(world.fetch() == 1);
    world.ask_again();
    CHECK(world.fetch() == 0);
}

TEST_CASE("a split to come puts nothing out of date before its day, and on its day all before it") {
    World world;
    world.ex_date = world.today + days{1};
    world.provider.rescaled = false;
    world.buy_before();
    world.fetch();
    world.type_split();
    world.ask_again();
    CHECK(world.fetch() == 0);
    CHECK(world.status() == "final");
    CHECK(world.worth() == "1000");
    // The clock cannot be set; that the day has come is played by a split that came past the triggers.
    world.run("ALTER TABLE asset_splits DISABLE TRIGGER USER");
    world.run("UPDATE asset_splits SET ex_date = $1", {world.today});
    world.run("ALTER TABLE asset_splits ENABLE TRIGGER USER");
    world.run("UPDATE portfolio_positions SET next_split_on = $1", {world.today});
    SUBCASE("applied by the daemon's look at everything") {
        world.run("SELECT portfoliod.apply_due_splits()");
        world.drain();
    }
    SUBCASE("met by a trade before that") {
        test::buy(world, 1, 1, "2", "51", to_text(world.today));
        world.drain();
    }
    CHECK(world.status() == "estimated");
    CHECK(world.value("SELECT count(*) FROM backfill_queue WHERE status = 'pending'") == "1");
}

TEST_CASE("a corrected ratio and a split deleted again are followed by quantities, coverage and "
          "converted prices") {
    World world;
    world.provider = {.rescaled = false, .reports = true, .unadjusted = true};
    world.buy_before();
    world.fetch();
    CHECK(world.closes() == "50 | 51");
    world.provider.reports = false; // what is typed from now on stays
    world.run("UPDATE asset_splits SET numerator = 4, source = 'manual'");
    world.drain();
    CHECK(world.holding() == "40 at 25.0000");
    CHECK(world.status() == "estimated");
    world.fetch();
    CHECK(world.closes() == "25 | 51");
    world.run("DELETE FROM asset_splits");
    world.drain();
    CHECK(world.holding() == "10 at 100.0000");
    world.fetch();
    CHECK(world.closes() == "100 | 51");
    CHECK(world.status() == "final");
    world.type_split();
    world.run("TRUNCATE asset_splits");
    world.fetch();
    CHECK(world.closes() == "100 | 51");
    CHECK(world.holding() == "10 at 100.0000");
    CHECK(world.status() == "final");
}

TEST_CASE(
    "a reverse split and several splits convert prices as they were traded exactly, volumes too") {
    World world;
    world.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES "
              "(1, '2026-02-01', 3, 2), (1, '2026-03-01', 1, 10), (1, '2026-04-01', 7, 1), (1, "
              "current_date + 9, 5, 1)");
    market::PriceAnswer raw;
    raw.source = "tiingo";
    raw.unadjusted = true;
    raw.rows = {{parse_day("2026-01-31").value(), "1", "3", "0.5", "2", 1001}, // × 2/3 × 10 / 7
                {parse_day("2026-02-01").value(), {}, {}, {}, "1.4", 1001},    // × 10 / 7
                {parse_day("2026-03-31").value(), {}, {}, {}, "14", 1001},     // / 7
                {parse_day("2026-04-01").value(), {}, {}, {}, "2.1", 1001}};
    auto const store = [&] {
        auto transaction = world.session().begin();
        auto const changed = tracking::store_prices(transaction, {{1, raw}},
                                                    tracking::Finality::final, world.today, {});
        transaction.commit();
        return changed.front();
    };
    CHECK(store() == 4);
    CHECK(world.value("SELECT string_agg(concat_ws(' ', trim_scale(open), trim_scale(high), "
                      "trim_scale(low), trim_scale(close), volume), ' | ' "
                      "ORDER BY timestamp) FROM asset_prices") ==
          "0.952380952381 2.857142857143 0.47619047619 1.904761904762 1051 | 2 700 | 2 7007 | 2.1 "
          "1001");
    CHECK(store() == 0);
}

TEST_CASE("after a split another source replaces the finished days before it, and days it passes "
          "over go") {
    World world;
    world.provider.rescaled = false;
    world.buy_before();
    world.fetch();
    world.run("UPDATE asset_prices SET source = 'manual', close = 49 WHERE timestamp = $1",
              {world.ex_date - days{8}});
    world.type_split();
    world.provider = {.name = "kraken", .rescaled = true};
    world.drain();
    auto transaction = world.session().begin();
    auto const job = tracking::claim_price_job(transaction, {}).value();
    auto answer = world.answer(job.range);
    std::erase_if(answer.rows,
                  [&](auto const& row) { return row.date == world.ex_date - days{6}; });
    REQUIRE(world.complete(transaction, job, answer));
    transaction.commit();
    CHECK(world.value("SELECT count(*) FROM asset_prices WHERE timestamp = $1",
                      {world.ex_date - days{6}}) == "0");
    CHECK(world.value(
              "SELECT source || ' ' || trim_scale(close) FROM asset_prices WHERE timestamp = $1",
              {world.ex_date - days{8}}) == "manual 49");
    CHECK(world.value("SELECT string_agg(DISTINCT source || ' ' || trim_scale(close), ', ') FROM "
                      "asset_prices WHERE source <> 'manual'") == "kraken 50, yahoo 51");
    // And no longer, once that is done.
    auto later = world.session().begin();
    answer.source = "yahoo";
    for (auto& row : answer.rows) row.close = "77";
    tracking::store_prices(later, {{1, answer}}, tracking::Finality::final, world.today, {});
    later.commit();
    CHECK(world.value("SELECT count(*) FROM asset_prices WHERE close = 77") == "0");
}

TEST_CASE("a price typed by hand stays as it is after a split, and what rests on it is estimated "
          "until a newer one is typed") {
    World world;
    world.run("UPDATE assets SET is_active = false");
    world.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (1, $1, 100)",
              {world.ex_date - days{1}});
    world.buy_before();
    world.drain();
    CHECK(world.status() == "final");
    world.type_split();
    world.drain();
    CHECK(world.status() == "estimated");
    world.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (1, $1, 51)",
              {world.ex_date});
    world.drain();
    CHECK(world.status() == "final");
    CHECK(world.worth() == "1020");
}

TEST_CASE("a small stock dividend is no reason to doubt that the history was rescaled") {
    World world;
    world.buy_before();
    world.fetch();
    world.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES (1, $1, "
              "21, 20)",
              {world.ex_date});
    world.fetch();
    CHECK(world.status() == "final");
    CHECK(world.holding() == "10.5 at 95.2381");
}

TEST_CASE("which splits are known says from when on prices as they were traded can be used") {
    World world;
    auto const since = [&] {
        return world.value("SELECT portfoliod.splits_known_since(1, $1)", {world.today});
    };
    CHECK(since() == "NULL");
    world.buy_before();
    world.fetch(); // by one that says nothing of splits
    CHECK(since() == "NULL");
    world.provider.reports = true;
    world.run("DELETE FROM backfill_queue");
    world.run("UPDATE portfoliod.price_coverage SET served = '{}'");
    world.ask_again();
    world.fetch();
    CHECK(since() == world.value("SELECT start_date FROM backfill_queue"));
    world.ask_again();
    CHECK(world.value("SELECT portfoliod.splits_known_since(1, $1)", {world.today + days{32}}) ==
          "NULL");
    CHECK(test::add_asset(world, "BTC", "crypto", "", "USD") == 2);
    CHECK(world.value("SELECT portfoliod.splits_known_since(2, $1)", {world.today}) ==
          "1900-01-01");
}

TEST_CASE(
    "a reported split that no column holds is none, and costs nobody the rest of the answer") {
    test::Database database;
    auto const asset = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    for (char const* const ratio : {"1e30", "1e-30"}) {
        CAPTURE(ratio);
        auto const splits = std::string{R"([{"ex_date":"2026-11-02","numerator":)"} + ratio +
                            R"(,"denominator":1}])";
        CHECK(database.value("SELECT portfoliod.store_events($1, 'yahoo', $2, "
                             "'[{\"ex_date\":\"2026-11-05\",\"amount\":0.25}]', "
                             "'[2026-01-01,2026-11-20]')",
                             {asset, splits}) == "0");
    }
    CHECK(database.value("SELECT count(*) FROM asset_splits") == "0");
    CHECK(database.value("SELECT trim_scale(amount) FROM asset_dividends") == "0.25");
    // Nobody knows now which splits there were.
    CHECK(database.value("SELECT portfoliod.splits_known_since($1, '2026-11-22') IS NULL",
                         {asset}) == "t");
}

TEST_CASE("dividends are kept, the provider's corrections too, and change no figure") {
    World world;
    world.buy_before();
    world.fetch();
    auto const before = world.worth();
    auto const report = [&](char const* amount) {
        auto transaction = world.session().begin();
        market::PriceAnswer answer;
        answer.source = "yahoo";
        answer.dividends = {{world.ex_date, amount}};
        tracking::store_events(transaction, 1, {world.ex_date, world.ex_date}, answer);
        transaction.commit();
        world.drain();
        return world.value("SELECT trim_scale(amount) || ' ' || source FROM asset_dividends");
    };
    CHECK(report("0.25") == "0.25 yahoo");
    CHECK(report("0.26") == "0.26 yahoo");
    world.run("UPDATE asset_dividends SET source = 'manual', amount = 1");
    CHECK(report("0.26") == "1 manual");
    CHECK(world.worth() == before);
    CHECK(world.status() == "final");
}
