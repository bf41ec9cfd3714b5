#include "support/database.hpp"
#include "support/ledger.hpp"
#include "tracking/price_store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace portfoliod;

// What a provider gave and nobody believes: kept aside, and admitted by a person or by what is known later.

namespace {

Day day(int n) { // counted from Monday 2026-01-05
    return std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + std::chrono::days{n};
}

/// Assets 1 (a share), 2 (a coin) and 3 (crude oil).
struct Quarantine : test::Database {
    Quarantine() {
        REQUIRE(test::add_asset(*this, "TSLA", "stock", "NASDAQ", "USD") == 1);
        REQUIRE(test::add_asset(*this, "BTC", "crypto", "", "USD") == 2);
        REQUIRE(test::add_asset(*this, "CL=F", "commodity", "", "USD") == 3);
    }

    /// An answer with these closes from that day on, one a day; "" leaves its day out. Returns how many
    /// rows changed.
    int store(int from, std::vector<std::string> const& closes, std::string const& source = "yahoo",
              tracking::Finality finality = tracking::Finality::final) {
        market::PriceAnswer answer;
        answer.source = source;
        for (auto const& close : closes) {
            if (!close.empty()) answer.rows.push_back({day(from), {}, {}, {}, close, {}});
            ++from;
        }
        return store(1, answer, finality);
    }

    int quote(int on, std::string const& close) {
        return store(on, {close}, "yahoo", tracking::Finality::provisional);
    }

    int store(int asset, market::PriceAnswer const& answer,
              tracking::Finality finality = tracking::Finality::final) {
        auto transaction = session().begin();
        auto const changed =
            tracking::store_prices(transaction, {{asset, answer}}, finality, day(100), {});
        transaction.commit();
        return changed.front();
    }

    /// "0:100 1:101", by number of day.
    std::string prices() { return list("timestamp::date", "close", "asset_prices"); }

    /// What waits for a person, likewise.
    std::string doubtful() {
        return list("price_date", "value", "portfoliod.quarantine WHERE accepted_at IS NULL");
    }

    void accept(int on) {
        run("SELECT portfoliod.accept(id) FROM portfoliod.quarantine WHERE price_date = $1",
            {day(on)});
    }

  private:
    std::string list(std::string const& date, std::string const& figure, std::string const& from) {
        return value(fmt::format("SELECT coalesce(string_agg({0} - date '2026-01-05' || ':' || "
                                 "trim_scale({1}), ' ' ORDER BY {0}), '') FROM {2}",
                                 date, figure, from));
    }
};

} // namespace

TEST_CASE("a close beyond 20 times or below a 20th of the one before is quarantined, those after "
          "it are not") {
    Quarantine q;
    CHECK(q.store(0, {"100", "101", "2021", "102", "5.09", "103"}) == 4);
    CHECK(q.prices() == "0:100 1:101 3:102 5:103");
    CHECK(q.doubtful() == "2:2021 4:5.09");
    CHECK(q.value("SELECT string_agg(concat_ws(' | ', reason, source, excerpt, "
                  "trim_scale(previous_close)), '; ' ORDER BY price_date) "
                  "FROM portfoliod.quarantine") ==
          "more than 20 times the previous close, 101 on 2026-01-06 | yahoo | close 2021 | 101; "
          "less than a 20th of the previous close, 102 on 2026-01-08 | yahoo | close 5.09 | 102");
}

TEST_CASE("exactly 20 times and exactly a 20th are no jump") {
    Quarantine q;
    CHECK(q.store(0, {"1", "20", "1"}) == 3);
    CHECK(q.doubtful() == "");
}

TEST_CASE("the same answer again makes no second row and changes nothing") {
    Quarantine q;
    q.store(0, {"100", "5000", "101"});
    auto const stored = q.prices();
    CHECK(q.store(0, {"100", "5000", "101"}) == 0);
    CHECK(q.prices() == stored);
    CHECK(q.value("SELECT count(*) FROM portfoliod.quarantine") == "1");
}

TEST_CASE("the nearest close before counts, of the table or of the answer, and only of ten days") {
    Quarantine q;
    q.store(0, {"100"});
    SUBCASE("of the table") {
        q.store(3, {"5000"});
        CHECK(q.doubtful() == "3:5000");
    }
    SUBCASE("ten days are near enough") {
        q.store(10, {"5000"});
        CHECK(q.doubtful() == "10:5000");
    }
    SUBCASE("eleven are not") {
        q.store(11, {"5000"});
        CHECK(q.prices() == "0:100 11:5000");
    }
    SUBCASE("one typed by hand between the days of the answer") {
        q.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (1, $1, 2500)",
              {day(2)});
        q.store(1, {"100", "99", "2600", "2700"});
        CHECK(q.prices() == "0:100 1:100 2:2500 3:2600 4:2700");
        CHECK(q.doubtful() == "");
    }
    SUBCASE("a final row of another source is what stands there") {
        q.store(1, {"2000"}, "kraken");
        q.store(1, {"100", "30000"});
        CHECK(q.prices() == "0:100 1:2000 2:30000");
    }
}

TEST_CASE("a bad first value does not keep the good ones behind it out") {
    Quarantine q;
    SUBCASE("one") {
        q.store(0, {"5000", "100", "101", "102"});
        CHECK(q.prices() == "1:100 2:101 3:102");
        CHECK(q.doubtful() == "0:5000");
        CHECK(q.value("SELECT reason FROM portfoliod.quarantine") ==
              "no close before it speaks for it, and those from 2026-01-06 on are at 100");
    }
    SUBCASE("two different ones") {
        q.store(0, {"5000", "1", "100", "101"});
        CHECK(q.doubtful() == "0:5000 1:1");
    }
    SUBCASE("one that is stored already stays, and so does what came with it") {
        q.store(0, {"5000"});
        q.store(1, {"100"});
        CHECK(q.prices() == "0:5000");
        CHECK(q.doubtful() == "1:100");
        // A person says so: all of the level.
        q.store(2, {"101"});
        q.accept(2);
        CHECK(q.prices() == "0:5000 1:100 2:101");
    }
}

TEST_CASE(
    "after ten days at a new level it is believed, and one accepted day releases the first ones") {
    Quarantine q;
    q.store(0, {"100"});
    std::vector<std::string> closes{"100"};
    for (auto i = 1; i <= 13; ++i) closes.push_back(std::to_string(3000 + i));
    q.store(0, closes);
    CHECK(q.prices() == "0:100 11:3011 12:3012 13:3013");
    CHECK(q.doubtful() == "1:3001 2:3002 3:3003 4:3004 5:3005 6:3006 7:3007 8:3008 9:3009 10:3010");
    q.accept(5);
    CHECK(q.doubtful() == "");
    CHECK(q.value("SELECT count(*) FROM asset_prices WHERE close > 3000") == "13");
    CHECK(q.store(0, closes) == 0);
}

TEST_CASE("day by day a jump is doubted until a person accepts one, and then no more") {
    Quarantine q;
    q.store(0, {"100"});
    q.store(1, {"5000"});
    q.store(2, {"5010"});
    q.store(3, {"101"}); // back again: believed
    q.store(4, {"5020"});
    CHECK(q.prices() == "0:100 3:101");
    CHECK(q.doubtful() == "1:5000 2:5010 4:5020");
    q.accept(4);
    CHECK(q.prices() == "0:100 1:5000 2:5010 3:101 4:5020");
    q.store(5, {"5030"});
    CHECK(q.doubtful() == "");
}

TEST_CASE("a level that lasted before the jump is history, one of a few days with nothing before "
          "it is not") {
    Quarantine q;
    std::vector<std::string> long_before(30, "100");
    long_before.insert(long_before.end(), 60, "3000");
    q.store(0, long_before);
    CHECK(q.value("SELECT count(*) FROM asset_prices WHERE close = 100") == "30");
    CHECK(q.value("SELECT count(*) FROM portfoliod.quarantine") == "10");
}

TEST_CASE(
    "a stored close that its provider corrects by a jump stays until a person has judged it") {
    Quarantine q;
    q.store(0, {"100", "101", "102"});
    CHECK(q.store(0, {"100", "9999", "102"}) == 0);
    CHECK(q.prices() == "0:100 1:101 2:102");
    CHECK(q.doubtful() == "1:9999");
    q.accept(1);
    CHECK(q.prices() == "0:100 1:9999 2:102");
    CHECK(q.store(0, {"100", "9999", "102"}) == 0);
    CHECK(q.doubtful() == "");
}

TEST_CASE("a doubt is dropped when the same provider has mended the day") {
    Quarantine q;
    q.store(0, {"100", "5000"});
    q.store(1, {"101"});
    CHECK(q.prices() == "0:100 1:101");
    CHECK(q.doubtful() == "");
}

TEST_CASE("a quote that jumps is quarantined once a day, and the day's bar settles it") {
    Quarantine q;
    q.store(0, {"100"});
    CHECK(q.quote(1, "9000") == 0);
    CHECK(q.quote(1, "9001") == 0);
    CHECK(q.doubtful() == "1:9000");
    CHECK(q.quote(1, "102") == 1);
    CHECK(q.doubtful() == "");
    q.quote(2, "9000");
    CHECK(q.doubtful() == "2:9000");
    SUBCASE("accepted it is provisional, as a quote is") {
        q.accept(2);
        CHECK(q.value("SELECT is_final FROM asset_prices WHERE close = 9000") == "f");
    }
    SUBCASE("the bar, good") {
        q.store(1, {"101", "103"});
        CHECK(q.prices() == "0:100 1:101 2:103");
        CHECK(q.doubtful() == "");
    }
    SUBCASE("the bar, just as bad, is the one to judge") {
        q.store(2, {"9000.5"});
        CHECK(q.doubtful() == "2:9000.5");
    }
}

TEST_CASE("prices typed by hand are nobody's to doubt, and what they speak for is released with "
          "the next answer") {
    Quarantine q;
    q.store(0, {"100", "", "5000"});
    CHECK(q.doubtful() == "2:5000");
    q.run("INSERT INTO asset_prices (asset_id, timestamp, close) VALUES (1, $1, 4900)", {day(1)});
    q.store(3, {"5100"});
    CHECK(q.prices() == "0:100 1:4900 2:5000 3:5100");
    CHECK(q.doubtful() == "");
}

TEST_CASE("zero and negative prices wait in quarantine, and a commodity's may be accepted") {
    Quarantine q;
    market::PriceAnswer answer;
    answer.source = "yahoo";
    answer.rows = {{day(0), {}, {}, {}, "18.27", {}}, {day(2), {}, {}, {}, "10.01", {}}};
    answer.doubtful = {{day(1), "-37.63", "not above zero", "close \"-37.63\""}};
    CHECK(q.store(3, answer) == 2);
    CHECK(q.store(3, answer) == 0);
    CHECK(q.prices() == "0:18.27 2:10.01");
    CHECK(q.value("SELECT string_agg(concat_ws(' | ', trim_scale(value), reason, excerpt), ', ') "
                  "FROM portfoliod.quarantine") == "-37.63 | not above zero | close \"-37.63\"");
    q.accept(1);
    CHECK(q.prices() == "0:18.27 1:-37.63 2:10.01");
    // A negative close speaks for nothing and against nothing.
    CHECK(q.store(3, answer) == 0);
    CHECK(q.doubtful() == "");
    // What was accepted comes back with the next answer when all prices are fetched anew.
    q.run("TRUNCATE asset_prices");
    CHECK(q.store(3, answer) == 3);
    CHECK(q.prices() == "0:18.27 1:-37.63 2:10.01");

    CHECK(q.store(1, answer) == 2);
    auto const refusal =
        q.error_of("SELECT portfoliod.accept(id) FROM portfoliod.quarantine WHERE asset_id = 1");
    CHECK_MESSAGE(refusal.find("zero or below is possible for commodities only") !=
                      std::string::npos,
                  refusal);
}

TEST_CASE("what waits for a person is in portfolio_problems, with what to do") {
    Quarantine q;
    q.store(0, {"100", "5000"});
    CHECK(q.value("SELECT concat_ws(' | ', symbol, problem, what_to_do) FROM portfolio_problems "
                  "WHERE kind = 'quarantine'") ==
          "TSLA | 5000 on 2026-01-06 from yahoo was not believed: more than 20 times the previous "
          "close, 100 on 2026-01-05 | "
          "if it is right: SELECT portfoliod.accept(1); if a split explains it, enter it in "
          "asset_splits; "
          "if it is wrong: DELETE FROM portfoliod.quarantine WHERE id = 1;");
    q.accept(1);
    CHECK(q.value("SELECT count(*) FROM portfolio_problems WHERE kind = 'quarantine'") == "0");
}

TEST_CASE(
    "a split that is typed releases the closes it explains, and its removal doubts them again") {
    Quarantine q;
    q.store(0, {"2", "2.1", "", "", "110", "109"}); // 1 for 50, reported by nobody
    CHECK(q.doubtful() == "4:110 5:109");
    test::split(q, 1, to_text(day(4)), 1, 50);
    CHECK(q.doubtful() == "");
    CHECK(q.prices() == "0:2 1:2.1 4:110 5:109");
    q.run("DELETE FROM asset_splits");
    CHECK(q.doubtful() == "4:110 5:109");
    CHECK(q.prices() == "0:2 1:2.1");
    // A ratio that explains nothing.
    test::split(q, 1, to_text(day(4)), 2, 1);
    CHECK(q.doubtful() == "4:110 5:109");
    q.run("UPDATE asset_splits SET numerator = 1, denominator = 45");
    CHECK(q.doubtful() == "");
}

TEST_CASE("with the split known a close of the new shares is no jump, whether or not the days "
          "before are rescaled") {
    Quarantine q;
    test::split(q, 1, to_text(day(2)), 50, 1);
    SUBCASE("not yet") {
        q.store(0, {"5000", "5050", "101", "102"});
        CHECK(q.prices() == "0:5000 1:5050 2:101 3:102");
    }
    SUBCASE("rescaled") {
        q.store(0, {"100", "101", "101", "102"});
        CHECK(q.prices() == "0:100 1:101 2:101 3:102");
    }
    SUBCASE("what neither explains is one") {
        q.store(0, {"5000", "5050", "101", "500000"});
        CHECK(q.doubtful() == "3:500000");
    }
    if (q.doubtful() != "3:500000") CHECK(q.doubtful() == "");
}

TEST_CASE("three thousand closes of which every second is absurd are judged in a moment") {
    Quarantine q;
    market::PriceAnswer answer;
    answer.source = "yahoo";
    for (auto i = 0; i < 3000; ++i)
        answer.rows.push_back({day(i - 3000), {}, {}, {}, i % 2 ? "100" : "9000", {}});
    q.run("SET statement_timeout TO '30s'");
    q.store(1, answer);
    CHECK(q.value("SELECT count(DISTINCT close) FROM asset_prices") == "1");
    CHECK(q.value("SELECT (SELECT count(*) FROM asset_prices) + (SELECT count(*) FROM "
                  "portfoliod.quarantine)") == "3000");
}
