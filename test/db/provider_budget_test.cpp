#include "support/database.hpp"
#include "tracking/stored_budgets.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace portfoliod;
using namespace std::chrono_literals;

// What providers were sent, and how they were found.

namespace {

struct Budget : test::Database {
    /// "granted wait_s"
    std::string charge(int wanted, std::string const& windows_s = "{86400}",
                       std::string const& limits = "{25}") {
        return value("SELECT granted || ' ' || round(wait_ms / 1000.0) FROM "
                     "portfoliod.charge_provider('stooq', $2, $3, $3, $1)",
                     {wanted, windows_s, limits});
    }

    void pass(std::string const& time) {
        run("UPDATE portfoliod.provider_usage SET slot = slot - $1::interval, "
            "counts_until = counts_until - $1::interval",
            {time});
        run("UPDATE portfoliod.provider_state SET paused_until = paused_until - $1::interval",
            {time});
    }
};

/// Runs one call of the budgets to its end.
template <class T>
T wait_for(boost::asio::awaitable<T> call) {
    boost::asio::io_context loop;
    std::optional<T> result;
    boost::asio::co_spawn(loop, std::move(call), [&](std::exception_ptr const& error, T value) {
        REQUIRE_FALSE(error);
        result = std::move(value);
    });
    loop.run();
    return std::move(*result);
}

} // namespace

TEST_CASE("requests are granted as long as every window has room, and then say when one will") {
    Budget budget;
    CHECK(budget.charge(20) == "20 0");
    CHECK(budget.charge(20) == "5 0");
    auto const refused = budget.charge(1);
    CHECK(refused.starts_with("0 "));
    // A day, a slot of 675 s less what has passed of it, and 1350 s in which what was charged may still be sent.
    auto const wait = std::stoi(refused.substr(2));
    CHECK(wait > 86400 + 1350 - 5);
    CHECK(wait <= 86400 + 1350 + 675);
    budget.pass("23 hours");
    CHECK(budget.charge(1).starts_with("0 "));
    budget.pass("2 hours");
    CHECK(budget.charge(1) == "1 0");
    CHECK(budget.charge(100) == "24 0");
}

TEST_CASE("the window with the least room decides, and a refusal charges none") {
    Budget budget;
    CHECK(budget.charge(50, "{60,86400}", "{10,12}") == "10 0");
    CHECK(budget.charge(50, "{60,86400}", "{10,12}").starts_with("0 "));
    CHECK(budget.value("SELECT string_agg(window_s || ' ' || used, ', ' ORDER BY window_s) FROM "
                       "(SELECT window_s, sum(requests) AS used FROM portfoliod.provider_usage "
                       "GROUP BY 1) AS u") == "60 10, 86400 10");
    budget.pass("2 minutes");
    CHECK(budget.charge(50, "{60,86400}", "{10,12}") == "2 0");
}

TEST_CASE("a limit made smaller waits until enough requests have left") {
    Budget budget;
    CHECK(budget.charge(10, "{3600}", "{10}") == "10 0");
    budget.pass("30 minutes");
    CHECK(budget.charge(10, "{3600}", "{20}") == "10 0");
    // 20 are used; with 12 allowed the first ten must leave, with 5 the others too.
    auto const soon = std::stoi(budget.charge(1, "{3600}", "{12}").substr(2));
    auto const late = std::stoi(budget.charge(1, "{3600}", "{5}").substr(2));
    CHECK(soon < 1900);
    CHECK(late > 3600);
}

TEST_CASE("sessions that charge at once are never granted more than the limit together") {
    Budget budget;
    std::atomic<int> granted = 0;
    std::vector<std::thread> sessions;
    for (auto i = 0; i < 4; ++i)
        sessions.emplace_back([&] {
            db::Session session{{budget.url(), "test"}};
            for (auto n = 0; n < 20; ++n) {
                auto transaction = session.begin();
                granted += transaction
                               .execute("SELECT granted FROM portfoliod.charge_provider('stooq', "
                                        "'{3600,86400}', '{30,50}', '{30,50}', 1)")
                               .one()
                               .integer(0);
                transaction.commit();
            }
        });
    for (auto& session : sessions) session.join();
    CHECK(granted == 30);
}

TEST_CASE("a pause that a provider asked for holds, the longest of several, and grants nothing") {
    Budget budget;
    auto const note = "SELECT portfoliod.note_provider('stooq', $1, 0.5, 0, '0', 'said 429')";
    budget.run(note, {"1 hour"});
    budget.run(note, {"1 minute"});
    CHECK(budget.charge(1) == "0 3600");
    CHECK(
        budget.value("SELECT pace FROM portfoliod.charge_provider('stooq', '{}', '{}', '{}', 1)") ==
        "0.500000");
    budget.pass("1 hour");
    CHECK(budget.charge(1) == "1 0");
    // One that a wrong clock put far ahead.
    budget.run("UPDATE portfoliod.provider_state SET paused_until = now() + interval '10 years'");
    CHECK(budget.charge(1) == "0 86400");
    budget.pass("1 day");
    CHECK(budget.charge(1) == "1 0");
}

TEST_CASE("a month of requests is a few rows, and a server clock that was ahead blocks nobody") {
    Budget budget;
    // Two months of them, as charge_provider() leaves them.
    budget.charge(1, "{2592000}", "{100000}");
    budget.run(
        "INSERT INTO portfoliod.provider_usage SELECT provider, window_s, slot - n * interval "
        "'20250 s', counts_until - n * interval '20250 s', 1 FROM portfoliod.provider_usage, "
        "generate_series(1, 256) AS n");
    CHECK(budget.charge(1, "{2592000}", "{100000}") == "1 0");
    CHECK(budget.value("SELECT count(*) <= 140 FROM portfoliod.provider_usage") == "t");
    budget.run("DELETE FROM portfoliod.provider_usage WHERE slot < now() - interval '1 day'");
    budget.pass("-1 year");
    CHECK(budget.charge(2, "{2592000}", "{1}") == "1 0");
}

TEST_CASE("what is left of every provider can be read, by everybody who may read reports") {
    Budget budget;
    budget.run("SELECT portfoliod.charge_provider('stooq', '{60,86400}', '{5,25}', '{3,25}', 5)");
    budget.run("SELECT portfoliod.note_provider('stooq', '1 hour', 0.5, 6, '10 s', 'no answer')");
    budget.run("SELECT portfoliod.note_provider('quiet', '0', 1, 0, '0', '')");
    budget.run("SET ROLE portfolio_readonly");
    CHECK(budget.value(
              "SELECT concat_ws(' ', per, most, most_now, used, left_now, free_at > now() "
              "AT TIME ZONE 'UTC', effective_interval, paused_until IS NOT NULL, pace, "
              "failures, breaker, problem) FROM portfoliod.provider_budgets WHERE provider = "
              "'stooq' AND per = '1 minute'") ==
          "00:01:00 5 3 5 0 t 00:00:20 t 0.500000 6 open no answer");
    CHECK(budget.value("SELECT concat_ws(' ', most, used, left_now) FROM "
                       "portfoliod.provider_budgets WHERE provider = 'stooq' AND per = '1 day'") ==
          "25 5 20");
    CHECK(
        budget.value("SELECT concat_ws(' ', most, breaker, pace) FROM portfoliod.provider_budgets "
                     "WHERE provider = 'quiet'") == "closed 1.000000");
}

TEST_CASE("the daemon's budgets are those of the database, and none while it is away") {
    Budget budget;
    std::vector<market::WindowUse> const windows{{1h, 50, 25, 0}};
    {
        db::Lane lane{{budget.url(), "test"}, 1};
        tracking::StoredBudgets budgets{lane};
        CHECK(wait_for(budgets.note("stooq", {90s, 0.25, 2, 0ms, "said 429"})));
        auto const paused = wait_for(budgets.charge("stooq", windows, 10));
        CHECK(paused.requests == 0);
        CHECK(paused.reachable);
        CHECK(paused.wait > 85s);
        CHECK(paused.standing.paused_for == paused.wait);
        CHECK(paused.standing.pace == 0.25);
        budget.pass("90 seconds");
        CHECK(wait_for(budgets.charge("stooq", windows, 80)).requests == 50);
        CHECK(wait_for(budgets.charge("stooq", {}, 1000)).requests == 1000);
    }
    db::Lane nowhere{{"host=/nowhere dbname=none", "test"}, 1};
    tracking::StoredBudgets budgets{nowhere};
    auto const none = wait_for(budgets.charge("stooq", windows, 1));
    CHECK(none.requests == 0);
    CHECK_FALSE(none.reachable);
    CHECK(none.wait == 10s);
    CHECK_FALSE(wait_for(budgets.note("stooq", {})));
}
