#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;

namespace {

/// A portfolio with ten days behind it; whatever it needs is there.
struct Saved {
    Saved() {
        database.run("INSERT INTO asset_prices (asset_id, timestamp, close) SELECT $1, (now() AT "
                     "TIME ZONE 'UTC')::date - ago, 100 + ago FROM generate_series(1, 20) AS ago",
                     {share});
        database.run("UPDATE portfoliod.price_coverage SET served = '{[1990-01-01,)}'");
        test::buy(database, ann, share, "2", "110",
                  database.value("SELECT (now() AT TIME ZONE 'UTC')::date - 10"));
    }

    std::string days() {
        return database.value("SELECT count(*) || ' ' || sum(total_value_usd) FROM "
                              "portfolio_snapshots");
    }

    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    int ann = test::add_portfolio(database, "ann@example.org");
    int share = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
};

constexpr auto ten_days = "10 2110.00"; // 2 × (101 + … + 110)

} // namespace

TEST_CASE("the daemon computes the days since the first trade, and when it starts the midnights "
          "that nobody saw") {
    Saved saved;
    auto& database = saved.database;
    test::Waiting waiting{database};
    saved.daemon.start();
    waiting.until("SELECT count(*) || ' ' || sum(total_value_usd) FROM portfolio_snapshots",
                  ten_days);
    waiting.until("SELECT status FROM portfolio_performance_cache", "final");
    CHECK(saved.daemon.stop() == 0);
    database.run("DELETE FROM portfolio_snapshots WHERE snapshot_date > (now() AT TIME ZONE "
                 "'UTC')::date - 4");
    saved.daemon.start();
    waiting.until("SELECT count(*) || ' ' || sum(total_value_usd) FROM portfolio_snapshots",
                  ten_days);
    CHECK(saved.daemon.stop() == 0);
    CHECK(saved.daemon.log().find("snapshots of 1 portfolio: 3 days written, 0 of them with "
                                  "another value than before") != std::string::npos);
}

TEST_CASE("portfoliod snapshot computes days again, says what changed, and what it cannot do") {
    Saved saved;
    auto& daemon = saved.daemon;
    CHECK(daemon.run("snapshot") == 0);
    CHECK(daemon.output().find("1 portfolio: 10 days written, 0 of them") != std::string::npos);
    CHECK(saved.days() == ten_days);
    saved.database.run("UPDATE portfolio_snapshots SET total_value_usd = 7 WHERE snapshot_date = "
                       "(now() AT TIME ZONE 'UTC')::date - 2");
    CHECK(daemon.run("snapshot --portfolio 1") == 0);
    CHECK(daemon.output().find("1 day written, 1 of them with another value") != std::string::npos);
    CHECK(saved.days() == ten_days);

    CHECK(daemon.run("snapshot --portfolio 77") == 1);
    CHECK(daemon.output().find("there is no portfolio 77") != std::string::npos);
    CHECK(daemon.run("snapshot --from 2999-01-01") == 2);
    CHECK(daemon.output().find("that day is not over in UTC") != std::string::npos);
    CHECK(daemon.run("snapshot --from 2024-02-30") == 2);
    CHECK(daemon.output().find("--from '2024-02-30' is no day") != std::string::npos);
    CHECK(daemon.run("snapshot --from 2024-02-03 --to 2024-02-01") == 2);

    saved.database.run("UPDATE transactions SET quantity = 999999999999999");
    CHECK(daemon.run("snapshot") == 1);
    CHECK(daemon.output().find("1 portfolio cannot be valued; TABLE portfolio_problems says why") !=
          std::string::npos);
}

TEST_CASE("prices that come one after the other are worked off together, a trade at once") {
    Saved saved;
    auto& database = saved.database;
    test::Waiting waiting{database};
    saved.daemon.start();
    waiting.until("SELECT status FROM portfolio_performance_cache", "final");
    auto const passes = [&] {
        auto const log = saved.daemon.log();
        auto count = 0;
        for (auto at = log.find("worked off"); at != std::string::npos;
             at = log.find("worked off", at + 1))
            ++count;
        return count;
    };
    auto const before = passes();
    for (auto price = 201; price <= 300; ++price)
        database.run("UPDATE asset_prices SET close = $1 WHERE timestamp = (now() AT TIME ZONE "
                     "'UTC')::date - 1",
                     {price});
    waiting.until("SELECT current_value_usd FROM portfolio_performance_cache", "600.00");
    CHECK(passes() - before < 50); // of a hundred
    test::buy(database, saved.ann, saved.share, "1", "300",
              database.value("SELECT now() AT TIME ZONE 'UTC'"));
    waiting.until("SELECT current_value_usd FROM portfolio_performance_cache", "900.00");
}

TEST_CASE("figures that rest on days computed while the portfolio was held follow as soon as it is "
          "let go") {
    Saved saved;
    auto& database = saved.database;
    test::Waiting waiting{database};
    saved.daemon.start();
    waiting.until(test::unsettled, "0");
    db::Session person{{database.url(), "person"}};
    {
        auto holding = person.begin();
        holding.execute("SELECT FROM portfolios FOR NO KEY UPDATE");
        test::buy(database, saved.ann, saved.share, "1", "105",
                  database.value("SELECT (now() AT TIME ZONE 'UTC')::date - 5"));
        waiting.until("SELECT string_agg(from_date::text, ' ') FROM portfoliod.due_snapshots",
                      "infinity");
    }
    // Long before the fallback poll.
    waiting.until(test::unsettled, "0");
}
