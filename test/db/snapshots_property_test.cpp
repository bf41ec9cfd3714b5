#include "support/ledger.hpp"
#include "support/snapshots.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

using namespace portfoliod;
using namespace std::chrono_literals;

// Snapshots that follow each change, day by day, against those computed anew from nothing but the ledger and the market.

namespace {

constexpr auto last_today = Day{2026y / 11 / 23};

class Edits {
  public:
    Edits(test::Database& database, unsigned seed) : database_(database), random_(seed) {
        for (auto portfolio = 1; portfolio <= 3; ++portfolio)
            test::add_portfolio(database, fmt::format("user{}@example.org", portfolio));
        test::add_asset(database, "TSLA", "stock", "NASDAQ", "USD");
        test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
        test::add_asset(database, "BTC", "crypto", "", "USD");
        test::add_asset(database, "7203", "stock", "TSE", "JPY");
        database.run("SELECT setseed($1)", {fmt::format("0.{}", seed)});
        database.run("INSERT INTO asset_prices (asset_id, timestamp, close) SELECT a, day, "
                     "round((50 + 40 * random() + a)::numeric, 6) FROM generate_series(1, 3) AS a, "
                     "generate_series(timestamp '2026-08-01', '2026-11-20', '1 day') AS day "
                     "WHERE extract(dow FROM day) BETWEEN 1 AND 5");
        database.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) SELECT "
                     "code, round((1 + random() / 10)::numeric, 10), day FROM unnest('{EUR,JPY}'::"
                     "text[]) AS code, generate_series(timestamp '2026-08-10', '2026-11-20', '1 "
                     "day') AS day");
        for (auto trade = 0; trade < 60; ++trade) buy(trade % 90);
    }

    /// One change of what figures rest on; one that the ledger refuses changes nothing.
    void edit() {
        switch (any(13)) {
        case 0:
        case 1:
            return buy(any(112));
        case 2:
            return attempt(fmt::format("INSERT INTO transactions (portfolio_id, asset_id, "
                                       "transaction_type, quantity, price, fee, timestamp) SELECT "
                                       "portfolio_id, asset_id, 'sell', quantity {}, 61, 0.25, {} "
                                       "FROM portfolio_positions WHERE quantity > 0 AND id % 5 = "
                                       "{}",
                                       any(2) == 0 ? "" : "* 0.375", time(any(112)), any(5)));
        case 3:
            return attempt(
                fmt::format("UPDATE transactions SET {} WHERE id % 41 = {}", column(), any(41)));
        case 4:
            return attempt(fmt::format("DELETE FROM transactions WHERE id % 43 = {}", any(43)));
        case 5:
            return attempt(fmt::format("UPDATE asset_prices SET close = close * 1.1, source = "
                                       "'manual' WHERE asset_id = {} AND timestamp = {}::date",
                                       1 + any(4), time(any(112))));
        case 6:
            return attempt(fmt::format("DELETE FROM asset_prices WHERE asset_id = {} AND timestamp "
                                       "= {}::date",
                                       1 + any(4), time(any(112))));
        case 7:
            return attempt(fmt::format("INSERT INTO asset_prices (asset_id, timestamp, close, "
                                       "is_final, source) VALUES ({}, {}::date, {}, {}, 'test') ON "
                                       "CONFLICT (asset_id, timestamp) DO UPDATE SET close = "
                                       "excluded.close, is_final = excluded.is_final",
                                       1 + any(4), time(any(112)), 40 + any(90), any(4) != 0));
        case 8:
            return attempt(fmt::format("UPDATE exchange_rates SET rate_to_usd = rate_to_usd + 0.01 "
                                       "WHERE currency_code = '{}' AND timestamp >= {}",
                                       any(2) == 0 ? "EUR" : "JPY", time(60 + any(50))));
        case 9:
            return attempt(fmt::format("DELETE FROM exchange_rates WHERE currency_code = '{}' AND "
                                       "timestamp BETWEEN {} AND '2026-08-30'",
                                       any(2) == 0 ? "EUR" : "JPY", time(any(30))));
        case 10:
            return attempt(fmt::format("INSERT INTO asset_splits (asset_id, ex_date, numerator, "
                                       "denominator) VALUES ({}, {}::date, {}, {})",
                                       // before every `today`: the database's own clock is later
                                       1 + any(4), time(any(85)), 1 + any(4), 1 + any(3)));
        case 11:
            return attempt(fmt::format("DELETE FROM asset_splits WHERE asset_id = {}", 1 + any(4)));
        default: // one is served, with nothing new
            return attempt("SELECT portfoliod.complete_backfill(job_id, token, NULL, end_date, 0, "
                           "end_date + 1) FROM portfoliod.claim_backfill('1 min', '{}', '{}')");
        }
    }

    int any(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  private:
    void buy(int day) {
        attempt(fmt::format("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                            "quantity, price, fee, timestamp, rate_to_usd) VALUES ({}, {}, 'buy', "
                            "{}, {}, 0.5, {}, {})",
                            1 + any(3), 1 + any(4), fmt::format("{}.{:03}", 1 + any(9), any(1000)),
                            40 + any(60), time(day), any(9) == 0 ? "0.9" : "NULL"));
    }

    std::string column() {
        static constexpr char const* columns[] = {
            "price = price + 1", "quantity = quantity + 0.5",
            "fee = 3",           "portfolio_id = 2",
            "asset_id = 3",      "rate_to_usd = 1.25",
            "notes = 'seen'",    "timestamp = timestamp + interval '5 days'"};
        return columns[any(8)];
    }

    /// That many days after the first of August.
    std::string time(int day) {
        return fmt::format("(timestamp '2026-08-03' + interval '{} days {} hours')", day, any(24));
    }

    void attempt(std::string const& statement) { database_.error_of(statement); }

    test::Database& database_;
    std::mt19937 random_;
};

} // namespace

TEST_CASE("whatever changes and in whatever order, snapshots that followed are those of a full "
          "rebuild to the last digit") {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        test::Database database;
        Edits edits{database, seed};
        auto today = last_today - std::chrono::days{20};
        for (auto round = 0; round < 40; ++round) {
            for (auto edit = 1 + edits.any(3); edit > 0; --edit) edits.edit();
            // Midnights come in between, some of them unseen.
            if (round % 4 == 3) today += std::chrono::days{1 + edits.any(3)};
            today = std::min(today, last_today);
            {
                auto transaction = database.session().begin();
                performance::mark_missing_snapshots(transaction, today);
                transaction.commit();
            }
            test::settle(database, today);
            if (round % 5 != 4) continue;
            INFO("seed ", seed, ", round ", round);
            auto const followed = test::all_values(database);
            REQUIRE(test::first_difference(followed, test::all_values_rebuilt(database, today)) ==
                    "nothing");
        }
        CHECK(database.value("SELECT count(*) > 100 FROM portfolio_snapshots") == "t");
    }
}
