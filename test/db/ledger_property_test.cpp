#include "bus/drain.hpp"
#include "service/commands.hpp"
#include "support/database.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

using namespace portfoliod;

// Random histories, arriving in every which way, against a replay written here once more and
// plainly, in whole numbers of the twelfth decimal. What is rounded, and where: the average once
// per moment of purchase, quantity and average at a split.

namespace {

using Whole = boost::multiprecision::cpp_int;

Whole const scale = 1'000'000'000'000;

/// Half away from zero; both positive.
Whole divided(Whole const& dividend, Whole const& divisor) {
    return (2 * dividend + divisor) / (2 * divisor);
}

/// A whole number of the twelfth decimal, as the server would print it without trailing zeros.
std::string decimal(Whole const& value) {
    auto text = fmt::format("{}.{:0>12}", Whole{value / scale}.str(), Whole{value % scale}.str());
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

constexpr auto day_seconds = 86'400;
/// Trades happen within this many days from 2020-01-01 on.
constexpr auto days = 900;

struct Trade {
    int portfolio; ///< 0 or 1, of the history's two
    int asset;     ///< 0 or 1, of the history's two
    bool is_buy;
    Whole quantity;
    Whole price;
    int at; ///< seconds since 2020-01-01
};

struct Split {
    int asset;
    int day; ///< since 2020-01-01
    int numerator;
    int denominator;
};

struct History {
    std::vector<Trade> trades; ///< in the ledger's order within each position
    std::vector<Split> splits;
};

struct Position {
    Whole quantity = 0;
    Whole average = 0;
    int first_purchase = -1; ///< day; -1 = never
    bool oversold = false;

    void apply(Split const& split) {
        quantity = divided(quantity * split.numerator, split.denominator);
        average = quantity == 0 ? Whole{0} : divided(average * split.denominator, split.numerator);
    }
};

/// What the trades of one position come to, by section 3 of the design.
Position replay(History const& history, int portfolio, int asset) {
    std::map<int, std::vector<Trade>> moments;
    for (auto const& trade : history.trades)
        if (trade.portfolio == portfolio && trade.asset == asset)
            moments[trade.at].push_back(trade);
    auto splits = history.splits;
    std::erase_if(splits, [&](Split const& split) { return split.asset != asset; });
    std::ranges::sort(splits, {}, &Split::day);
    auto next_split = splits.begin();

    Position position;
    for (auto const& [at, trades] : moments) {
        for (; next_split != splits.end() && next_split->day <= at / day_seconds; ++next_split)
            position.apply(*next_split);
        Whole bought = 0;
        Whole paid = 0;
        Whole sold = 0;
        for (auto const& trade : trades) {
            (trade.is_buy ? bought : sold) += trade.quantity;
            if (trade.is_buy) paid += trade.quantity * trade.price;
        }
        if (bought > 0) {
            position.average =
                divided(position.quantity * position.average + paid, position.quantity + bought);
            position.quantity += bought;
            if (position.first_purchase < 0) position.first_purchase = at / day_seconds;
        }
        position.oversold = position.oversold || sold > position.quantity;
        position.quantity -= sold;
        if (position.quantity <= 0) position.average = 0;
    }
    for (; next_split != splits.end(); ++next_split) position.apply(*next_split);
    return position;
}

using Random = std::mt19937;

int below(Random& random, int limit) {
    // std::uniform_int_distribution differs between libraries; a seed must mean the same
    // everywhere.
    return static_cast<int>(random() % static_cast<unsigned>(limit));
}

Whole amount(Random& random) {
    switch (below(random, 5)) {
    case 0:
        return scale * (1 + below(random, 1000));
    case 1:
        return scale / 100 * (1 + below(random, 100'000));
    case 2:
        return Whole{1 + below(random, 50)}; // a few of the twelfth decimal
    case 3:
        // Not so much that quantity × price no longer fits the figures' columns.
        return scale * 1000 * (1 + below(random, 10'000)) + below(random, 1'000'000);
    default:
        return Whole{random()} * (1 + below(random, 10'000)) + 1; // all twelve decimals
    }
}

History random_history(Random& random) {
    History history;
    constexpr std::array<std::array<int, 2>, 6> ratios = {
        {{2, 1}, {3, 2}, {1, 10}, {7, 3}, {1, 3}, {20, 1}}};
    for (auto asset = 0; asset < 2; ++asset) {
        std::vector<int> split_days;
        for (auto count = below(random, 4) - 1; count > 0; --count) {
            auto const day = below(random, days);
            if (std::ranges::find(split_days, day) != split_days.end()) continue;
            split_days.push_back(day);
            auto const& ratio = ratios.at(static_cast<std::size_t>(below(random, ratios.size())));
            history.splits.push_back({asset, day, ratio[0], ratio[1]});
        }
        for (auto portfolio = 0; portfolio < 2; ++portfolio) {
            if (below(random, 4) == 0) continue;
            auto at = below(random, days / 2) * day_seconds;
            for (auto moments = below(random, 5); moments > 0; --moments) {
                // Sometimes midnight, sometimes the day of a split.
                at += 1 + below(random, 60 * day_seconds);
                if (below(random, 4) == 0) at += day_seconds - at % day_seconds;
                if (below(random, 4) == 0)
                    for (auto const day : split_days)
                        if (day * day_seconds > at) at = day * day_seconds;
                auto const buys = below(random, 3);
                for (auto i = 0; i < buys; ++i) {
                    auto const price = below(random, 8) == 0 ? Whole{0} : amount(random);
                    history.trades.push_back({portfolio, asset, true, amount(random), price, at});
                }
                for (auto sales = below(random, 3); sales > 0; --sales) {
                    // What is held then; a replay each time is slow and cannot be wrong in another
                    // way.
                    auto until = history;
                    std::erase_if(until.splits,
                                  [&](Split const& split) { return split.day > at / day_seconds; });
                    // A split since the last trade counts first: a trade of nothing makes replay()
                    // pass it.
                    auto const held = replay(until, portfolio, asset).quantity;
                    if (held <= 0) break;
                    auto const part = 1 + below(random, 4); // all of it, or a part
                    auto const quantity = part == 1 ? held : Whole{held / part + 1};
                    history.trades.push_back(
                        {portfolio, asset, false, std::min(quantity, held), amount(random), at});
                }
            }
        }
    }
    return history;
}

/// Of trades: all in one transaction, but for one_by_one and purchases_first.
enum class Arrival {
    in_order,
    reversed,
    shuffled,
    one_statement,
    edited,
    one_update,
    one_by_one,
    purchases_first
};
constexpr std::array arrivals = {
    Arrival::in_order, Arrival::reversed,   Arrival::shuffled,   Arrival::one_statement,
    Arrival::edited,   Arrival::one_update, Arrival::one_by_one, Arrival::purchases_first};

bool is_typed_over_days(Arrival arrival) {
    return arrival == Arrival::one_by_one || arrival == Arrival::purchases_first;
}

/// The ids a history has in the database: its own two portfolios and two assets for each way of
/// arrival.
struct Ids {
    int first;

    [[nodiscard]] int portfolio(Trade const& trade) const { return first + trade.portfolio; }

    [[nodiscard]] int asset(int which) const { return first + which; }
};

std::string values(Trade const& trade, Ids ids) {
    return fmt::format("({}, {}, '{}', {}, {}, timestamp '2020-01-01' + interval '{} s')",
                       ids.portfolio(trade), ids.asset(trade.asset), trade.is_buy ? "buy" : "sell",
                       decimal(trade.quantity), decimal(trade.price), trade.at);
}

std::string insert(Trade const& trade, Ids ids) {
    return "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, "
           "timestamp) VALUES " +
           values(trade, ids);
}

std::string insert(Split const& split, Ids ids) {
    return fmt::format(
        "INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) VALUES "
        "({}, date '2020-01-01' + {}, {}, {})",
        ids.asset(split.asset), split.day, split.numerator, split.denominator);
}

template <class Items>
void shuffle(Items& items, Random& random) {
    for (auto i = items.size(); i > 1; --i)
        std::swap(items[i - 1],
                  items[static_cast<std::size_t>(below(random, static_cast<int>(i)))]);
}

/// A trade as a tired person types it first.
Trade mistyped(Trade trade, Random& random) {
    switch (below(random, 6)) {
    case 0:
        trade.quantity = amount(random);
        break;
    case 1:
        trade.price = amount(random);
        break;
    case 2:
        trade.at = below(random, days * day_seconds);
        break;
    case 3:
        trade.portfolio = 1 - trade.portfolio;
        break;
    case 4:
        trade.asset = 1 - trade.asset;
        break;
    default:
        trade.is_buy = !trade.is_buy;
        break;
    }
    return trade;
}

/// Statements after which the history's trades, and no others, are there: mistyped ones put right,
/// surplus ones removed.
std::vector<std::string> with_edits(History const& history, Ids ids, Random& random) {
    std::vector<std::string> statements;
    std::vector<std::string> corrections;
    // Out of the way of the ids the sequence gives to others.
    auto id = std::int64_t{ids.first} * 1'000'000;
    auto const type = [&](Trade const& trade) {
        statements.push_back(
            fmt::format("INSERT INTO transactions (id, portfolio_id, asset_id, transaction_type, "
                        "quantity, price, timestamp) VALUES ({}, {}",
                        ++id, values(trade, ids).substr(1)));
    };
    for (auto const& trade : history.trades) {
        auto const is_wrong = below(random, 3) == 0;
        type(is_wrong ? mistyped(trade, random) : trade);
        if (is_wrong)
            corrections.push_back(
                fmt::format("UPDATE transactions SET (portfolio_id, asset_id, transaction_type, "
                            "quantity, price, timestamp) = {} WHERE id = {}",
                            values(trade, ids), id));
        if (below(random, 4) == 0) {
            type(mistyped(trade, random));
            corrections.push_back(fmt::format("DELETE FROM transactions WHERE id = {}", id));
        }
    }
    shuffle(corrections, random);
    statements.insert(statements.end(), corrections.begin(), corrections.end());
    return statements;
}

/// A split as it is first reported: of another day, another ratio, another asset; put right later. And one there never was.
void with_edited_splits(History const& history, Ids ids, Random& random,
                        std::vector<std::string>& statements) {
    for (auto asset = 0; asset < 2; ++asset)
        if (below(random, 3) == 0) {
            statements.insert(statements.begin(), insert(Split{asset, days + 1, 5, 4}, ids));
            statements.push_back(
                fmt::format("DELETE FROM asset_splits WHERE asset_id = {} AND ex_date = date "
                            "'2020-01-01' + {}",
                            ids.asset(asset), days + 1));
        }
    for (auto const& split : history.splits) {
        auto wrong = split;
        wrong.day += (split.asset + 1) * days + 10; // nobody else's day, to come or past
        wrong.asset = below(random, 2);
        wrong.numerator += below(random, 2);
        auto const place = below(random, static_cast<int>(statements.size()) + 1);
        statements.insert(statements.begin() + place, insert(wrong, ids));
        statements.push_back(fmt::format(
            "UPDATE asset_splits SET asset_id = {}, ex_date = date '2020-01-01' + {}, numerator = "
            "{} WHERE asset_id = {} AND ex_date = date '2020-01-01' + {}",
            ids.asset(split.asset), split.day, split.numerator, ids.asset(wrong.asset), wrong.day));
    }
}

/// Some of it twice, the first time taken back.
std::vector<std::string> with_savepoints(std::vector<std::string> const& statements,
                                         Random& random) {
    std::vector<std::string> result;
    for (auto const& statement : statements) {
        if (below(random, 4) == 0)
            result.insert(result.end(), {"SAVEPOINT before", statement, "ROLLBACK TO before"});
        result.push_back(statement);
    }
    return result;
}

/// All wrong in everything a trade has but its type and asset, and put right by one UPDATE.
std::vector<std::string> with_one_update(History const& history, Ids ids) {
    if (history.trades.empty()) return {};
    std::vector<std::string> result;
    for (auto wrong : history.trades) {
        wrong.portfolio = 1 - wrong.portfolio;
        wrong.quantity *= 2;
        wrong.price += scale;
        wrong.at += day_seconds + 1;
        result.push_back(insert(wrong, ids));
    }
    result.push_back(fmt::format(
        "UPDATE transactions SET portfolio_id = {0} + {1} - portfolio_id, quantity = quantity / 2, "
        "price = price - 1, timestamp = timestamp - interval '1 day 1 s' WHERE portfolio_id IN "
        "({0}, {1})",
        ids.first, ids.first + 1));
    return result;
}

/// As somebody types them from a drawer of receipts: purchases in no order, then the sales.
std::vector<std::string> purchases_first(History const& history, Ids ids, Random& random) {
    std::vector<std::string> result;
    for (auto const& split : history.splits) result.push_back(insert(split, ids));
    auto trades = history.trades;
    shuffle(trades, random);
    for (auto const& trade : trades)
        if (trade.is_buy) result.push_back(insert(trade, ids));
    // However they come, no more is sold by any day than in the whole history.
    for (auto const& trade : trades)
        if (!trade.is_buy) result.push_back(insert(trade, ids));
    return result;
}

/// As somebody types them day by day: nothing is oversold on the way.
std::vector<std::string> day_by_day(History const& history, Ids ids) {
    std::vector<std::string> result;
    for (auto const& split : history.splits) result.push_back(insert(split, ids));
    auto trades = history.trades;
    std::ranges::sort(trades, [](Trade const& a, Trade const& b) {
        return std::pair{a.at, !a.is_buy} < std::pair{b.at, !b.is_buy};
    });
    for (auto const& trade : trades) result.push_back(insert(trade, ids));
    return result;
}

std::vector<std::string> statements(History const& history, Arrival arrival, Ids ids,
                                    Random& random) {
    std::vector<std::string> result;
    if (arrival == Arrival::one_by_one) return day_by_day(history, ids);
    if (arrival == Arrival::purchases_first) return purchases_first(history, ids, random);
    if (arrival == Arrival::edited) {
        result = with_edits(history, ids, random);
        with_edited_splits(history, ids, random, result);
        return with_savepoints(result, random);
    }
    if (arrival == Arrival::one_update) {
        result = with_one_update(history, ids);
    } else if (arrival == Arrival::one_statement) {
        std::vector<std::string> rows;
        for (auto const& trade : history.trades) rows.push_back(values(trade, ids));
        shuffle(rows, random);
        if (!rows.empty())
            result = {fmt::format("INSERT INTO transactions (portfolio_id, asset_id, "
                                  "transaction_type, quantity, price, timestamp) VALUES {}",
                                  fmt::join(rows, ", "))};
    } else {
        auto trades = history.trades;
        if (arrival == Arrival::in_order) std::ranges::sort(trades, {}, &Trade::at);
        if (arrival == Arrival::reversed) std::ranges::reverse(trades);
        if (arrival == Arrival::shuffled) shuffle(trades, random);
        for (auto const& trade : trades) result.push_back(insert(trade, ids));
    }
    for (auto const& split : history.splits) {
        auto const place = below(random, static_cast<int>(result.size()) + 1);
        result.insert(result.begin() + place, insert(split, ids));
    }
    return result;
}

constexpr auto users = 7;

/// Empty portfolios and assets with the ids 1 … count, of a few users by turns.
void add_subjects(test::Database& database, int count) {
    // Half the time of these thousands of replays is spent planning. How they are planned is not the question here.
    database.run("SET plan_cache_mode TO force_generic_plan");
    database.run("INSERT INTO users (id, email, password_hash) SELECT n, n || '@example.org', 'x' "
                 "FROM generate_series(0, $1::int - 1) AS n",
                 {users});
    database.run("INSERT INTO portfolios (id, user_id, name) SELECT n, n % $2::int, 'p' || n "
                 "FROM generate_series(1, $1::int) AS n",
                 {count, users});
    database.run("INSERT INTO assets (id, symbol, name, asset_type, native_currency) "
                 "SELECT n, 'A' || n, 'A' || n, 'stock', 'USD' "
                 "FROM generate_series(1, $1::int) AS n",
                 {count});
}

std::map<std::string, std::string> stored_positions(test::Database& database) {
    std::map<std::string, std::string> found;
    for (auto const row : database.run(
             "SELECT portfolio_id || '/' || asset_id, concat_ws(' ', trim_scale(quantity), "
             "trim_scale(average_buy_price), first_purchase_date - date '2020-01-01') "
             "FROM portfolio_positions"))
        found.emplace(row.string(0), row.string(1));
    return found;
}

using Texts = std::map<std::string, std::string>;

/// Fails for the first few positions that are not what they should be.
void compare(test::Database& database, Texts const& expected, Texts const& story) {
    auto const found = stored_positions(database);
    CHECK(found.size() == expected.size());
    auto differing = 0;
    for (auto const& [key, position] : expected) {
        auto const at = found.find(key);
        auto const is = at == found.end() ? std::string{"none"} : at->second;
        if (is == position || ++differing > 3) continue;
        FAIL_CHECK("position ", key, " is ", is, ", not ", position, "\n", story.at(key));
    }
    CHECK(differing == 0);
}

/// Works off what waits, and asks `portfoliod verify`, which says on stdout what it finds.
bool is_all_right(test::Database& database) {
    for (;;) {
        auto transaction = database.session().begin();
        auto const done = bus::drain_batch(transaction, SystemClock{}.today(), {});
        transaction.commit();
        if (done.rows == 0) break;
    }
    service::Config config;
    config.database.url = database.url();
    return service::verify(config, false) == 0;
}

constexpr auto histories = 300;

} // namespace

TEST_CASE("random histories come to what a plain replay says, in whatever order they arrive") {
    test::Database database;
    add_subjects(database, histories * 2 * static_cast<int>(arrivals.size()));

    std::map<std::string, std::string> expected;
    std::map<std::string, std::string> story; ///< what to look at when one differs
    auto ids = Ids{1};
    for (auto seed = 1; seed <= histories; ++seed) {
        Random random(static_cast<unsigned>(seed));
        auto const history = random_history(random);
        for (auto const arrival : arrivals) {
            auto const all = statements(history, arrival, ids, random);
            auto const typed = fmt::format("{}", fmt::join(all, ";\n"));
            if (is_typed_over_days(arrival)) {
                for (auto const& statement : all) database.run(statement);
            } else {
                auto transaction = database.session().begin();
                transaction.execute_script(typed);
                transaction.commit();
            }
            for (auto portfolio = 0; portfolio < 2; ++portfolio)
                for (auto asset = 0; asset < 2; ++asset) {
                    auto const position = replay(history, portfolio, asset);
                    REQUIRE_FALSE(position.oversold);
                    if (position.first_purchase < 0) continue;
                    auto const key = fmt::format("{}/{}", ids.first + portfolio, ids.first + asset);
                    expected[key] = fmt::format("{} {} {}", decimal(position.quantity),
                                                decimal(position.average), position.first_purchase);
                    story[key] = fmt::format("seed {}:\n{}", seed, typed);
                }
            ids.first += 2;
        }
    }
    CHECK(expected.size() > 2 * histories * arrivals.size());

    compare(database, expected, story);
    // Everything that was recorded to fold the next trade in is what a full replay would record.
    CHECK(database.value(
              "SELECT count(*) FROM portfolio_positions p WHERE oversold_at IS NOT NULL "
              "OR last_trade_at IS DISTINCT FROM (SELECT max(t.timestamp) FROM transactions t "
              "WHERE t.portfolio_id = p.portfolio_id AND t.asset_id = p.asset_id)") == "0");
    CHECK(is_all_right(database));

    // Whole portfolios and users go, and with them nothing else.
    database.run("DELETE FROM portfolios WHERE id % 5 = 0");
    database.run("DELETE FROM users WHERE id = 3");
    std::erase_if(expected, [](auto const& entry) {
        auto const portfolio = std::stoi(entry.first);
        return portfolio % 5 == 0 || portfolio % users == 3;
    });
    compare(database, expected, story);
    CHECK(is_all_right(database));
    database.run("TRUNCATE transactions");
    CHECK(database.value("SELECT count(*) FROM portfolio_positions") == "0");
    CHECK(is_all_right(database));
    CHECK(database.value("SELECT sum(tracking_users) FROM tracked_assets") == "0");
}

TEST_CASE(
    "a random history that sells too much somewhere is refused, in whatever order it arrives") {
    test::Database database;
    constexpr auto rounds = 40;
    add_subjects(database, rounds * 2 * static_cast<int>(arrivals.size()));
    auto ids = Ids{1};
    auto refused = 0;
    for (auto seed = 1001; refused < rounds; ++seed) {
        Random random(static_cast<unsigned>(seed));
        auto history = random_history(random);
        auto const sale = std::ranges::find(history.trades, false, &Trade::is_buy);
        if (sale == history.trades.end()) continue;
        auto const portfolio = sale->portfolio;
        auto const asset = sale->asset;
        // By so much that the rest of the history cannot make up for it.
        sale->quantity = scale * 900'000'000'000;
        REQUIRE(replay(history, portfolio, asset).oversold);
        ++refused;
        for (auto const arrival : arrivals) {
            CAPTURE(seed);
            auto transaction = database.session().begin();
            transaction.execute_script(
                fmt::format("{}", fmt::join(statements(history, arrival, ids, random), ";\n")));
            CHECK_THROWS_AS(transaction.commit(), db::Error);
            ids.first += 2;
        }
    }
    CHECK(database.value("SELECT count(*) FROM transactions") == "0");
    CHECK(database.value("SELECT count(*) FROM portfolio_positions") == "0");
    CHECK(database.value("SELECT count(*) FROM portfoliod.pending_changes") == "0");
}
