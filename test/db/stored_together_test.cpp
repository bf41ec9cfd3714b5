#include "support/database.hpp"
#include "support/ledger.hpp"
#include "tracking/backfill_queue.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

using namespace portfoliod;
using namespace std::chrono_literals;

// Answers to several jobs, stored in one transaction.

namespace {

using Fetched = tracking::Fetched<tracking::PriceJob>;
using Random = std::mt19937;

constexpr auto today = Day{2026y / 11 / 23};
constexpr auto asked = DayRange{Day{2026y / 1 / 1}, Day{2026y / 1 / 31}};
constexpr int assets = 12;

bool one_in(Random& random, unsigned n) { return random() % n == 0; }

/// Assets with a job for January each, some of them bonds or with a split in February, some with prices that stand there already. The
/// same random numbers make the same.
struct World : test::Database {
    explicit World(Random random) {
        for (auto i = 1; i <= assets; ++i) {
            auto const asset =
                test::add_asset(*this, fmt::format("S{}", i), "stock", "NASDAQ", "USD");
            REQUIRE(asset == i);
            if (one_in(random, 4))
                run("UPDATE assets SET asset_type = 'bond', metadata = '{\"price_factor\": 0.01}' "
                    "WHERE id = $1",
                    {asset});
            if (one_in(random, 3)) store_some(asset, random);
            if (one_in(random, 3)) test::split(*this, asset, "2026-02-15", 3, 2);
        }
        run("INSERT INTO backfill_queue (asset_id, start_date, end_date) "
            "SELECT id, $1, $2 FROM assets ORDER BY id",
            {asked.first, asked.last});
        run("TRUNCATE portfoliod.pending_changes");
    }

    /// Claims all jobs; the answers to them.
    std::vector<Fetched> fetch(Random random) {
        std::vector<Fetched> fetched;
        auto transaction = session().begin();
        while (auto job = tracking::claim_price_job(transaction, {})) {
            auto answer = answer_to(*job, random);
            fetched.push_back({std::move(*job), std::move(answer)});
        }
        transaction.commit();
        REQUIRE(fetched.size() == assets);
        return fetched;
    }

    std::vector<std::optional<tracking::Stored>> store(std::span<Fetched const> fetched) {
        auto transaction = session().begin();
        auto stored = tracking::complete(transaction, fetched, today, {});
        transaction.commit();
        return stored;
    }

    /// All that storing touches, without the order and the moment in which it came.
    std::string contents() {
        std::string text;
        for (auto const* const of :
             {"SELECT asset_id, timestamp, open, high, low, close, volume, source, is_final FROM "
              "asset_prices",
              "SELECT asset_id, price_date, value, previous_close, reason, source, excerpt, "
              "is_final, accepted_at IS NOT NULL, explained_by FROM portfoliod.quarantine",
              "SELECT asset_id, served, outdated, counted_splits, splits_known FROM "
              "portfoliod.price_coverage",
              "SELECT asset_id, start_date, end_date, status, attempts, error_message, "
              "completed_at "
              "IS NOT NULL FROM backfill_queue",
              "SELECT asset_id, ex_date, amount, source FROM asset_dividends",
              "SELECT asset_id, min(from_date), bool_or(holding_changed) FROM "
              "portfoliod.pending_changes GROUP BY asset_id"})
            text += value(fmt::format("SELECT string_agg(line::text, E'\\n' ORDER BY line::text) "
                                      "FROM ({}) AS line",
                                      of)) +
                    "\n\n";
        return text;
    }

  private:
    void store_some(int asset, Random& random) {
        auto const by_hand = one_in(random, 2);
        run("INSERT INTO asset_prices (asset_id, timestamp, close, source, is_final) "
            "SELECT $1, day, 51, $2, $3 FROM generate_series('2026-01-05', '2026-01-20', interval "
            "'5 days') AS day",
            {asset, by_hand ? "manual" : "yahoo", by_hand || one_in(random, 2)});
    }

    static market::PriceAnswer answer_to(tracking::PriceJob const& job, Random& random) {
        market::PriceAnswer answer;
        answer.source = one_in(random, 3) ? "kraken" : "yahoo";
        answer.unadjusted = one_in(random, 4);
        answer.tells_splits = one_in(random, 2);
        if (one_in(random, 4)) answer.served = DayRange{job.range.first + days{9}, job.range.last};
        if (one_in(random, 4)) answer.dividends = {{Day{2026y / 1 / 15}, "0.25"}};
        if (one_in(random, 8)) return answer; // a month without trade
        for (auto day = answer.served.value_or(job.range).first; day <= job.range.last;
             day += days{1}) {
            if (one_in(random, 20))
                answer.doubtful.push_back({day, "0", "not above zero", "close 0"});
            else if (!one_in(random, 4))
                answer.rows.push_back({day, "50", "55.5", "49", close(random),
                                       one_in(random, 3)
                                           ? std::nullopt
                                           : std::optional<std::int64_t>{random() % 100'000}});
        }
        return answer;
    }

    static std::string close(Random& random) {
        if (one_in(random, 25)) return "5000"; // not to be believed
        return fmt::format("50.{:012}", random());
    }

    using days = std::chrono::days;
};

/// Each asset's id with what is said of it.
std::string told(std::span<Fetched const> fetched,
                 std::span<std::optional<tracking::Stored> const> stored) {
    std::string text;
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        text += fmt::format("{}:", fetched[i].job.asset.id);
        if (!stored[i]) continue;
        text +=
            fmt::format(" {} rows, {} splits", stored[i]->rows_changed, stored[i]->splits_changed);
        for (auto const& doubt : stored[i]->doubts)
            text += fmt::format(", {} {}", to_text(doubt.date), doubt.value);
        text += '\n';
    }
    return text;
}

} // namespace

TEST_CASE("answers that are stored together come to what each comes to alone") {
    auto doubts = 0;
    for (auto const seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
        CAPTURE(seed);
        World together{Random{seed}};
        World alone{Random{seed}};
        auto const fetched = together.fetch(Random{seed});
        auto const stored = together.store(fetched);
        auto const fetched_alone = alone.fetch(Random{seed});
        std::vector<std::optional<tracking::Stored>> stored_alone;
        for (auto const& one : fetched_alone)
            stored_alone.push_back(std::move(alone.store({&one, 1}).front()));
        CHECK(told(fetched, stored) == told(fetched_alone, stored_alone));
        CHECK(together.contents() == alone.contents());
        for (auto const& one : stored)
            if (one) doubts += static_cast<int>(one->doubts.size());
    }
    CHECK(doubts > 0); // or nothing was there to be told apart
}

TEST_CASE("of answers that are stored together, those whose job was taken over store nothing") {
    World world{Random{1}};
    auto const fetched = world.fetch(Random{1});
    world.run("UPDATE backfill_queue SET status = 'pending' WHERE asset_id IN (2, 12)");
    auto const stored = world.store(fetched);
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        CAPTURE(i);
        auto const taken_over = fetched[i].job.asset.id == 2 || fetched[i].job.asset.id == 12;
        CHECK(stored[i].has_value() != taken_over);
    }
    CHECK(
        world.value("SELECT string_agg(asset_id::text, ' ' ORDER BY asset_id) FROM backfill_queue "
                    "WHERE status = 'pending' AND start_date = '2026-01-01' AND completed_at IS "
                    "NULL AND end_date = '2026-01-31'") == "2 12");
    CHECK(world.value("SELECT count(*) FROM asset_prices WHERE asset_id IN (2, 12) AND timestamp = "
                      "'2026-01-02'") == "0");
}

TEST_CASE("answers that are stored together give up soon when somebody holds an asset of theirs, "
          "and none of them is stored") {
    World world{Random{1}};
    auto const fetched = world.fetch(Random{1});
    auto const before = world.contents();
    db::Session person{{world.url(), "test"}};
    auto open = person.begin();
    open.execute("INSERT INTO asset_prices (asset_id, timestamp, close) "
                 "SELECT 7, day, 50 FROM generate_series('2026-01-01', '2026-01-31', interval '1 "
                 "day') AS day ON CONFLICT DO NOTHING");
    try {
        world.store(fetched);
        FAIL("stored beside somebody who holds a day of asset 7");
    } catch (db::Error const& e) {
        CHECK(e.sqlstate == "55P03"); // lock_not_available
    }
    CHECK(world.contents() == before);
}
