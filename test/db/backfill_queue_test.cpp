#include "db/listening.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"
#include "tracking/backfill_queue.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <future>
#include <optional>

using namespace portfoliod;

// A job's way through the queue: claimed, finished, put off, given back, taken over, retried.

namespace {

/// Assets 1 (TSLA) and 2 (BTC) with a job for January (1 and 2) each.
struct Queue : test::Database {
    Queue() {
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        REQUIRE(test::add_asset(*this, "BTC", "crypto", "", "USD") == 2);
        run("INSERT INTO backfill_queue (asset_id, start_date, end_date, max_attempts) VALUES "
            "(1, '2026-01-01', '2026-01-31', 3), (2, '2026-01-01', '2026-01-31', 3)");
    }

    /// The token of the claim; "" when there is nothing to do. Checks that it is this job.
    std::string claim(int job, std::string const& lease = "1 min") {
        auto const rows =
            run("SELECT job_id, token FROM portfoliod.claim_backfill($1, '{}', '{}')", {lease});
        if (rows.empty()) return "";
        CHECK(rows.one().integer(0) == job);
        return rows.one().string(1);
    }

    bool nothing_to_claim() {
        return run("SELECT FROM portfoliod.claim_backfill('1 min', '{}', '{}')").empty();
    }

    std::string put_off(int job, std::string const& token, std::string const& outcome,
                        std::string const& message, std::string const& wait = "1 hour") {
        auto const rows = run("SELECT status FROM portfoliod.put_off_backfill('backfill_queue', "
                              "ARRAY[$1::int], $2, $3, $4, $5)",
                              {job, token, outcome, wait, message});
        return rows.empty() ? "" : rows.one().string(0);
    }

    bool complete(int job, std::string const& token) {
        return value("SELECT portfoliod.complete_backfill($1, $2, NULL, '2026-01-30', 21, "
                     "'2026-11-23')",
                     {job, token}) == "t";
    }

    /// status, attempts, whether it waits for a time, whether it has a lease, message.
    std::string state(int job) {
        return value(
            "SELECT concat_ws(' ', status, attempts, CASE WHEN retry_after IS NOT NULL THEN "
            "'waits' END, CASE WHEN lease_token IS NOT NULL THEN 'leased' END, error_message) "
            "FROM backfill_queue WHERE id = $1",
            {job});
    }

    /// The waiting time of a job is over.
    void pass_time() {
        run("UPDATE backfill_queue SET retry_after = retry_after - interval '1 day'");
    }
};

} // namespace

TEST_CASE(
    "a claim reads the jobs that wait and their assets, also by a plan made while there were few") {
    Queue queue;
    queue.run("ANALYZE backfill_queue, assets");
    CHECK_FALSE(queue.claim(1).empty());
    queue.run("INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) "
              "SELECT 'S' || i, 'Share ' || i, 'stock', 'NASDAQ', 'USD' FROM generate_series(1, "
              "3000) AS i");
    queue.run("INSERT INTO backfill_queue (asset_id, start_date, end_date) "
              "SELECT id, '2026-01-01', '2026-01-31' FROM assets WHERE id > 2 AND id <= 302");
    auto transaction = queue.session().begin();
    auto const rows_read = [&] {
        return transaction
            .execute("SELECT sum(seq_tup_read + idx_tup_fetch)::int FROM pg_stat_xact_user_tables "
                     "WHERE relid IN ('backfill_queue'::regclass, 'assets'::regclass)")
            .one()
            .integer(0);
    };
    auto const before = rows_read();
    CHECK(transaction
              .execute("SELECT job_id FROM portfoliod.claim_backfill('1 min', '{stock}', '{}')")
              .one()
              .integer(0) == 2);
    // Each job and its asset once, and a few more for the one that was claimed.
    CHECK(rows_read() - before < 2 * 301 + 20);
}

TEST_CASE("jobs are claimed oldest first, with what a provider must know") {
    Queue queue;
    auto const row = queue
                         .run("SELECT job_id, symbol, asset_type, exchange, native_currency, "
                              "start_date, end_date, attempts, max_attempts, token "
                              "FROM portfoliod.claim_backfill('1 min', '{}', '{}')")
                         .one();
    CHECK(row.integer(0) == 1);
    CHECK(row.text(1) == "TSLA");
    CHECK(row.text(2) == "stock");
    CHECK(row.text(3) == "NASDAQ");
    CHECK(row.text(4) == "USD");
    CHECK(row.text(5) == "2026-01-01");
    CHECK(row.text(6) == "2026-01-31");
    CHECK(row.integer(7) == 0);
    CHECK(row.integer(8) == 3);
    CHECK(queue.state(1) == "in_progress 0 leased");
    CHECK(queue.value("SELECT coalesce(exchange, 'NULL') FROM portfoliod.claim_backfill('1 min', "
                      "'{}', '{}')") == "");
    CHECK(queue.nothing_to_claim());
}

TEST_CASE("an asset type that has nothing under way goes first, and one that has its share waits") {
    Queue queue;
    queue.run("INSERT INTO backfill_queue (asset_id, start_date, end_date) VALUES "
              "(1, '2026-03-01', '2026-03-31'), (2, '2026-03-01', '2026-03-31')"); // jobs 3 and 4
    tracking::Policy policy;
    policy.concurrency = 4;
    auto const claimed = [&](tracking::UnderWay const& under_way) {
        auto transaction = queue.session().begin();
        auto const job = tracking::claim_price_job(transaction, policy, under_way);
        return job ? job->id : 0; // and put back
    };
    CHECK(claimed({}) == 1);
    CHECK(claimed({{"stock", 1}}) == 2);
    CHECK(claimed({{"stock", 1}, {"crypto", 1}}) == 1);
    CHECK(claimed({{"stock", 3}, {"crypto", 1}}) == 2);
    queue.run("UPDATE backfill_queue SET status = 'failed' WHERE asset_id = 2");
    CHECK(claimed({{"stock", 2}}) == 1);
    CHECK(claimed({{"stock", 3}}) == 0);
}

TEST_CASE("two sessions claim different jobs and do not wait for one another") {
    Queue queue;
    db::Session other{{queue.url(), "test"}};
    auto theirs = other.begin();
    CHECK(theirs.execute("SELECT job_id FROM portfoliod.claim_backfill('1 min', '{}', '{}')")
              .one()
              .integer(0) == 1);
    auto mine = queue.session().begin();
    mine.execute_script("SET LOCAL lock_timeout TO '2s'");
    CHECK(mine.execute("SELECT job_id FROM portfoliod.claim_backfill('1 min', '{}', '{}')")
              .one()
              .integer(0) == 2);
    CHECK(
        mine.execute("SELECT job_id FROM portfoliod.claim_backfill('1 min', '{}', '{}')").empty());
}

TEST_CASE("a completed job adds its range to the coverage and is announced with its rows") {
    Queue queue;
    db::Listening ear{{queue.url(), "test"}, {"backfill_finished"}};
    CHECK(queue.complete(1, queue.claim(1)));
    CHECK(queue.state(1) == "completed 0");
    CHECK(queue.value("SELECT completed_at IS NOT NULL FROM backfill_queue WHERE id = 1") == "t");
    CHECK(queue.value("SELECT served FROM portfoliod.price_coverage WHERE asset_id = 1") ==
          "{[2026-01-01,2026-02-01)}");
    ear.probe();
    auto const heard = ear.take();
    REQUIRE(heard.size() == 1);
    CHECK(queue.value(
              "SELECT $1::jsonb = '{\"job_id\": 1, \"asset_id\": 1, \"status\": \"completed\", "
              "\"rows\": 21}'",
              {heard[0].payload}) == "t");
}

TEST_CASE("days before those a provider reaches back to stay missing when a job is completed") {
    Queue queue;
    auto const complete = [&](int job, char const* served_from,
                              std::optional<char const*> last_row) {
        return queue.value("SELECT portfoliod.complete_backfill($1, $2, $3, $4, 0, '2026-11-23')",
                           {job, queue.claim(job), served_from, last_row});
    };
    CHECK(complete(1, "2026-01-10", "2026-01-30") == "t");
    CHECK(queue.value("SELECT served FROM portfoliod.price_coverage WHERE asset_id = 1") ==
          "{[2026-01-10,2026-02-01)}");
    // Nothing came, and what is not settled yet begins before what it reaches: no day is served,
    // and that is no error.
    queue.run("UPDATE backfill_queue SET start_date = '2026-11-20', end_date = '2026-11-22' WHERE "
              "id = 2");
    CHECK(complete(2, "2026-11-21", std::nullopt) == "t");
    CHECK(queue.value("SELECT coalesce(max(served::text), '{}') FROM portfoliod.price_coverage "
                      "WHERE asset_id = 2") == "{}");
    // Each is cut to what was served, and a job of its own asks for the days before.
    CHECK(queue.value("SELECT string_agg(concat_ws(' ', asset_id, start_date, end_date, status, "
                      "max_attempts), ', ' ORDER BY id) FROM backfill_queue") ==
          "1 2026-01-10 2026-01-31 completed 3, 2 2026-11-21 2026-11-22 completed 3, "
          "1 2026-01-01 2026-01-09 pending 3, 2 2026-11-20 2026-11-20 pending 3");
}

TEST_CASE("days older than any provider serves fail at once like a job that used up its attempts") {
    Queue queue;
    CHECK(queue.put_off(1, queue.claim(1), "unserved", "reaches back 30 days") == "failed");
    CHECK(queue.state(1) == "failed 3 reaches back 30 days; to try again: "
                            "UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
}

TEST_CASE("a job whose lease has run out is taken over, and the old token is refused") {
    Queue queue;
    auto const old = queue.claim(1, "-1 second");
    auto const now = queue.claim(1);
    CHECK(old != now);
    CHECK_FALSE(queue.complete(1, old));
    CHECK(queue.put_off(1, old, "permanent", "no") == "");
    queue.run("SELECT portfoliod.give_back_backfill('backfill_queue', ARRAY[1], $1)", {old});
    CHECK(queue.state(1) == "in_progress 0 leased");
    CHECK(queue.value("SELECT count(*) FROM portfoliod.price_coverage") == "0");
    CHECK(queue.complete(1, now));
    CHECK_FALSE(queue.complete(1, now));
}

TEST_CASE("a rate limited job waits and uses up no attempt, however often") {
    Queue queue;
    queue.run("DELETE FROM backfill_queue WHERE id = 2");
    for (auto i = 0; i < 5; ++i) {
        CHECK(queue.put_off(1, queue.claim(1), "rate_limited", "429") == "rate_limited");
        CHECK(queue.state(1) == "rate_limited 0 waits 429");
        CHECK(queue.nothing_to_claim());
        CHECK(queue.value("SELECT portfoliod.next_backfill_in() > 0") == "t");
        queue.pass_time();
    }
    CHECK(queue.claim(1) != "");
}

TEST_CASE("transient errors wait, count, and fail at max_attempts with a word on how to retry") {
    Queue queue;
    queue.run("DELETE FROM backfill_queue WHERE id = 2");
    db::Listening ear{{queue.url(), "test"}, {"backfill_finished"}};
    CHECK(queue.put_off(1, queue.claim(1), "transient", "HTTP 503") == "pending");
    CHECK(queue.state(1) == "pending 1 waits HTTP 503");
    CHECK(queue.nothing_to_claim());
    queue.pass_time();
    CHECK(queue.put_off(1, queue.claim(1), "rate_limited", "429") == "rate_limited");
    queue.pass_time();
    CHECK(queue.put_off(1, queue.claim(1), "transient", "HTTP 503") == "pending");
    queue.pass_time();
    ear.probe();
    CHECK(ear.take().empty());
    CHECK(queue.put_off(1, queue.claim(1), "transient", "HTTP 503") == "failed");
    CHECK(queue.state(1) == "failed 3 HTTP 503 (tried 3 times); to try again: "
                            "UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
    CHECK(queue.nothing_to_claim());
    ear.probe();
    auto const heard = ear.take();
    REQUIRE(heard.size() == 1);
    CHECK(
        queue.value("SELECT $1::jsonb = '{\"job_id\": 1, \"asset_id\": 1, \"status\": \"failed\", "
                    "\"rows\": 0}'",
                    {heard[0].payload}) == "t");
}

TEST_CASE("a job whose attempts are NULL, as the seed allows, is worked off like any other") {
    Queue queue;
    queue.run("DELETE FROM backfill_queue WHERE id = 2");
    queue.run("UPDATE backfill_queue SET attempts = NULL, max_attempts = NULL");
    for (auto tries = 1; tries < 5; ++tries) {
        CHECK(queue.put_off(1, queue.claim(1), "transient", "HTTP 503") == "pending");
        queue.pass_time();
    }
    CHECK(queue.put_off(1, queue.claim(1), "transient", "HTTP 503") == "failed");
    CHECK(queue.value("SELECT attempts FROM backfill_queue") == "5");
    queue.run("ALTER TABLE backfill_queue DISABLE TRIGGER backfill_queue_touch");
    queue.run("UPDATE backfill_queue SET updated_at = updated_at - interval '13 hours'");
    queue.run("SELECT portfoliod.revive_failed_jobs()");
    CHECK(queue.state(1) == "pending 0");
    queue.run("INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date, "
              "attempts) VALUES ('EUR', '2026-01-01', '2026-01-31', NULL)");
    CHECK(queue.value("SELECT attempts FROM portfoliod.claim_rate_backfill('1 min', 9)") == "0");
}

TEST_CASE("a permanent error fails at once and uses up no attempt") {
    Queue queue;
    CHECK(queue.put_off(1, queue.claim(1), "permanent", "nobody knows TSLA") == "failed");
    CHECK(queue.state(1) == "failed 0 nobody knows TSLA; to try again: "
                            "UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
}

TEST_CASE("the command in a failed job's message is the one that retries it") {
    Queue queue;
    db::Listening ear{{queue.url(), "test"}, {"backfill_requested"}};
    queue.put_off(1, queue.claim(1), "permanent", "nobody knows TSLA");
    auto const command = queue.value("SELECT split_part(error_message, 'to try again: ', 2) "
                                     "FROM backfill_queue WHERE id = 1");
    queue.run(command);
    CHECK(queue.state(1) == "pending 0");
    ear.probe();
    CHECK(ear.take().size() == 1);
    CHECK(queue.claim(1) != "");
}

TEST_CASE("a job that was put off is reset and may run at once when somebody sets it to pending") {
    Queue queue;
    queue.put_off(1, queue.claim(1), "transient", "HTTP 503");
    queue.run("UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
    CHECK(queue.state(1) == "pending 0");
    queue.put_off(1, queue.claim(1), "rate_limited", "429");
    queue.run("UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
    CHECK(queue.state(1) == "pending 0");
    CHECK(queue.claim(1) != "");
}

TEST_CASE("a job that is given back may run at once and keeps its attempts and message") {
    Queue queue;
    queue.put_off(1, queue.claim(1), "transient", "HTTP 503");
    queue.pass_time();
    queue.run("SELECT portfoliod.give_back_backfill('backfill_queue', ARRAY[1], $1)",
              {queue.claim(1)});
    CHECK(queue.state(1) == "pending 1 waits HTTP 503");
    CHECK(queue.claim(1) != "");
}

TEST_CASE("a retry whose range is queued already is refused by the number of that job") {
    Queue queue;
    queue.put_off(1, queue.claim(1), "permanent", "no");
    queue.run("INSERT INTO backfill_queue (asset_id, start_date, end_date) VALUES "
              "(1, '2026-01-31', '2026-02-28')"); // job 3: one day in common
    auto const refusal =
        queue.error_of("UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
    CHECK_MESSAGE(refusal.find("range already queued by job 3") != std::string::npos, refusal);
    queue.run("UPDATE backfill_queue SET start_date = '2026-02-01' WHERE id = 3");
    queue.run("UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
    CHECK(queue.state(1) == "pending 0");
}

namespace {

/// Holders of assets 1 and 2 whose history was fetched days ago and is missing again (as after a TRUNCATE of prices).
struct Refetched : test::Database {
    Refetched() {
        auto const portfolio = test::add_portfolio(*this, "ann@example.org");
        for (auto const* const symbol : {"TSLA", "AAPL"}) {
            auto const asset = test::add_asset(*this, symbol, "stock", "NASDAQ", "EUR");
            test::buy(*this, portfolio, asset, "1", "10", "2026-01-05");
        }
        run("SELECT portfoliod.recount_tracked_assets('{1,2}')");
        for (auto const* const queue :
             {"backfill_queue (asset_id, ", "portfoliod.rate_backfill_queue (currency_code, "}) {
            auto const rates = std::string_view{queue}.starts_with("portfoliod");
            run(fmt::format(
                "INSERT INTO {}start_date, end_date, status, completed_at) SELECT whose, "
                "'2026-01-01', '2026-01-31', 'completed', now() - interval '3 days' "
                "FROM (VALUES {}) AS of (whose)",
                queue, rates ? "('EUR')" : "(1), (2)"));
        }
    }

    std::string open_jobs(std::string const& queue, std::string const& whose) {
        return value(fmt::format("SELECT coalesce(string_agg({1} || ' ' || (start_date < "
                                 "'2026-01-01')::text, ', ' ORDER BY id), 'none') FROM {0} "
                                 "WHERE status = 'pending'",
                                 queue, whose));
    }

    db::Session person{{url(), "psql"}};
    db::Session daemon{{url(), "portfoliod"}};
};

/// What the server says against it; "" when it does it.
std::string refusal_of(db::Transaction& transaction, std::string_view sql) {
    try {
        transaction.execute(sql);
        transaction.commit();
    } catch (db::Error const& e) {
        return e.what();
    }
    return "";
}

} // namespace

TEST_CASE(
    "a person who retries one job after the other while the daemon queues the same days is told "
    "which job has them, and neither waits for the other without end") {
    Refetched assets;
    auto typed = assets.person.begin();
    typed.execute("UPDATE backfill_queue SET status = 'pending' WHERE asset_id = 2");
    auto queueing = assets.daemon.begin();
    // Waits for nobody, although the days of asset 2 are taken and not to be seen yet.
    queueing.execute("SET LOCAL lock_timeout TO '1s'");
    CHECK(queueing
              .execute("SELECT portfoliod.request_missing_history('{1,2}', '2026-11-23', "
                       "'1 year', 5)")
              .one()
              .integer(0) == 1);
    auto answer = std::async(std::launch::async, [&] {
        return refusal_of(typed, "UPDATE backfill_queue SET status = 'pending' WHERE asset_id = 1");
    });
    queueing.commit();
    auto const refusal = answer.get();
    CHECK_MESSAGE(refusal.find("range already queued by job 3") != std::string::npos, refusal);
    CHECK(assets.value("SELECT string_agg(DISTINCT asset_id::text, ',') FROM "
                       "portfoliod.pending_changes WHERE holding_changed AND from_date <> "
                       "'2026-01-05'") == "2");
}

TEST_CASE("a person who retries a job of rates keeps the daemon from that currency until he is "
          "done, and the daemon does not wait") {
    Refetched assets;
    auto typed = assets.person.begin();
    typed.execute("UPDATE portfoliod.rate_backfill_queue SET status = 'pending'");
    auto const queued = [&] {
        auto queueing = assets.daemon.begin();
        queueing.execute("SET LOCAL lock_timeout TO '1s'");
        auto const jobs =
            queueing.execute("SELECT portfoliod.request_missing_rates('{1,2}', '2026-11-23', 5)")
                .one()
                .integer(0);
        queueing.commit();
        return jobs;
    };
    CHECK(queued() == 0);
    typed.commit();
    CHECK(queued() > 0);
}

TEST_CASE("a job that a person is retrying is not revived by the daemon at the same time") {
    Refetched assets;
    assets.run("ALTER TABLE backfill_queue DISABLE TRIGGER backfill_queue_touch");
    assets.run("UPDATE backfill_queue SET status = 'failed', attempts = 5, updated_at = "
               "now() - interval '3 days'");
    auto typed = assets.person.begin();
    typed.execute("UPDATE backfill_queue SET status = 'pending' WHERE asset_id = 1");
    auto reviving = assets.daemon.begin();
    reviving.execute("SET LOCAL lock_timeout TO '1s'");
    reviving.execute("SELECT portfoliod.revive_failed_jobs()");
    reviving.commit();
    typed.commit();
    CHECK(assets.value("SELECT string_agg(status || ' ' || attempts, ', ') FROM backfill_queue") ==
          "pending 0, pending 0");
}

TEST_CASE(
    "two open jobs of one asset cannot overlap, finished ones and those of other assets may") {
    Queue queue;
    char const* const open[] = {"pending", "in_progress", "rate_limited"};
    for (auto const* const status : open) {
        CAPTURE(std::string{status});
        auto const refusal = queue.error_of(fmt::format(
            "INSERT INTO backfill_queue (asset_id, start_date, end_date, status) VALUES "
            "(1, '2026-01-31', '2026-03-01', '{}')",
            status));
        CHECK_MESSAGE(refusal.find("backfill_queue_no_overlapping_open_jobs") != std::string::npos,
                      refusal);
    }
    CHECK(
        queue.error_of("INSERT INTO backfill_queue (asset_id, start_date, end_date, status) VALUES "
                       "(1, '2026-01-31', '2026-03-01', 'failed'), "
                       "(1, '2026-01-31', '2026-03-01', 'completed'), "
                       "(1, '2026-02-01', '2026-03-01', 'pending')") == "");
    queue.run("INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date) "
              "VALUES ('EUR', '2026-01-01', '2026-01-31'), ('CHF', '2026-01-01', '2026-01-31')");
    auto const refusal =
        queue.error_of("INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, "
                       "end_date) VALUES ('EUR', '2026-01-31', '2026-02-01')");
    CHECK(refusal.find("rate_backfill_queue_no_overlapping_open_jobs") != std::string::npos);
}

TEST_CASE("rate jobs are claimed together under one token and finished one by one") {
    Queue queue;
    queue.run("INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date) "
              "VALUES ('EUR', '2026-01-01', '2026-01-31'), ('CHF', '2026-01-01', '2026-01-31'), "
              "('JPY', '2026-01-01', '2026-01-31')");
    auto const claimed =
        queue.run("SELECT DISTINCT token, count(*) OVER (), array_agg(job_id) OVER () "
                  "FROM portfoliod.claim_rate_backfill('1 min', 2)");
    auto const token = claimed.one().string(0);
    CHECK(claimed.one().integer(1) == 2);
    CHECK(queue.value("SELECT string_agg(currency_code, ' ') "
                      "FROM portfoliod.claim_rate_backfill('1 min', 9)") == "JPY");
    auto const complete =
        "SELECT portfoliod.complete_rate_backfill($1, $2, NULL, '2026-01-30', 21, "
        "'2026-11-23')";
    CHECK(queue.value(complete, {1, token}) == "t");
    CHECK(queue.value(complete, {3, token}) == "f");
    CHECK(queue.value("SELECT string_agg(currency_code || ' ' || served, ', ') "
                      "FROM portfoliod.rate_coverage") == "EUR {[2026-01-01,2026-02-01)}");
    CHECK(
        queue.value("SELECT status FROM portfoliod.put_off_backfill("
                    "'portfoliod.rate_backfill_queue', ARRAY[1, 2, 3], $1, 'permanent', '0', 'no')",
                    {token}) == "failed");
    queue.run(queue.value("SELECT split_part(error_message, 'to try again: ', 2) "
                          "FROM portfoliod.rate_backfill_queue WHERE id = 2"));
    CHECK(queue.value("SELECT status FROM portfoliod.rate_backfill_queue WHERE id = 2") ==
          "pending");
}

TEST_CASE("the worker is told in how many milliseconds the next job of either queue may run") {
    Queue queue;
    queue.run("DELETE FROM backfill_queue");
    CHECK(queue.value("SELECT portfoliod.next_backfill_in()") == "NULL");
    queue.run("INSERT INTO backfill_queue (asset_id, start_date, end_date, status, retry_after) "
              "VALUES (1, '2026-01-01', '2026-01-31', 'rate_limited', "
              "(clock_timestamp() AT TIME ZONE 'UTC') + interval '2 hours')");
    CHECK(queue.value("SELECT portfoliod.next_backfill_in() BETWEEN 3600001 AND 7200000") == "t");
    queue.run("INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date, "
              "status, lease_until) VALUES ('EUR', '2026-01-01', '2026-01-31', 'in_progress', "
              "(clock_timestamp() AT TIME ZONE 'UTC') + interval '1 hour')");
    CHECK(queue.value("SELECT portfoliod.next_backfill_in() BETWEEN 1 AND 3600000") == "t");
}

TEST_CASE(
    "a job in progress that a person sets to pending starts anew, and who was at it has lost it") {
    Queue queue;
    queue.put_off(1, queue.claim(1), "transient", "HTTP 503");
    queue.pass_time();
    auto const lost = queue.claim(1);
    db::Listening ear{{queue.url(), "test"}, {"backfill_requested"}};
    SUBCASE("as the owner") {
        queue.run("UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
    }
    SUBCASE("as an application") {
        auto transaction = queue.session().begin();
        transaction.execute_script("SET LOCAL ROLE portfolio_app");
        transaction.execute("UPDATE backfill_queue SET status = 'pending' WHERE id = 1");
        transaction.commit();
    }
    CHECK(queue.state(1) == "pending 0");
    ear.probe();
    CHECK(ear.take().size() == 1);
    auto const now = queue.claim(1);
    CHECK(now != "");
    CHECK(queue.value("SELECT portfoliod.hold_backfill('{1}', ARRAY[$1::uuid])", {lost}) == "none");
    CHECK_FALSE(queue.complete(1, lost));
    CHECK(queue.put_off(1, lost, "permanent", "no") == "");
    CHECK(queue.value("SELECT portfoliod.hold_backfill('{1}', ARRAY[$1::uuid])", {now}) == "1");
    CHECK(queue.complete(1, now));
}

TEST_CASE("a rate job in progress that a person sets to pending starts anew") {
    Queue queue;
    queue.run("INSERT INTO portfoliod.rate_backfill_queue (currency_code, start_date, end_date) "
              "VALUES ('EUR', '2026-01-01', '2026-01-31')");
    auto const lost = queue.value("SELECT token FROM portfoliod.claim_rate_backfill('1 min', 9)");
    queue.run("UPDATE portfoliod.rate_backfill_queue SET status = 'pending'");
    CHECK(queue.value("SELECT status || coalesce(lease_token::text, '') FROM "
                      "portfoliod.rate_backfill_queue") == "pending");
    CHECK(
        queue.value("SELECT portfoliod.complete_rate_backfill(1, $1, NULL, NULL, 0, '2026-11-23')",
                    {lost}) == "f");
    CHECK(queue.value("SELECT count(*) FROM portfoliod.claim_rate_backfill('1 min', 9)") == "1");
}

TEST_CASE("a job put off until later is announced to nobody, one given back to whoever has time") {
    Queue queue;
    db::Listening ear{{queue.url(), "test"}, {"backfill_requested"}};
    queue.put_off(1, queue.claim(1), "transient", "HTTP 503");
    ear.probe();
    CHECK(ear.take().empty());
    queue.run("SELECT portfoliod.give_back_backfill('backfill_queue', ARRAY[2], $1)",
              {queue.claim(2)});
    ear.probe();
    CHECK(ear.take().size() == 1);
}

TEST_CASE("a job in progress without a lease belongs to nobody and is taken over at once") {
    Queue queue;
    queue.run("UPDATE backfill_queue SET status = 'in_progress' WHERE id = 1");
    queue.run("DELETE FROM backfill_queue WHERE id = 2");
    CHECK(queue.value("SELECT portfoliod.next_backfill_in() <= 0") == "t");
    CHECK(queue.claim(1) != "");
}
