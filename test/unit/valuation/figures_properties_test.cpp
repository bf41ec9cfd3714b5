#include "unit/valuation/portfolio.hpp"
#include "unit/valuation/rational.hpp"

#include <algorithm>
#include <map>
#include <random>

/// Random portfolios beside a replay in rationals, which keeps the average itself and never rounds.
namespace portfoliod::valuation::test {

namespace {

struct Portfolio {
    std::vector<Trade> trades;
    std::vector<Holding> holdings;
};

/// A number with few digits now and many then: few make exact ties at half a cent, many make long
/// fractions.
std::string number(std::mt19937_64& random, unsigned whole) {
    auto text = std::to_string(random() % whole);
    auto const fraction = std::to_string(random() % 1'000'000);
    if (auto const length = random() % 4; length > 0) text += "." + fraction.substr(0, length * 2);
    return text;
}

Trade any_trade(std::mt19937_64& random, Instant when, int asset_id) {
    auto const price = number(random, 300);
    auto const fee = number(random, 3);
    auto const rate = "1." + std::to_string(random() % 100);
    auto result = buy("2024-01-01", {"1", price, fee, rate, asset_id});
    result.timestamp = when;
    return result;
}

Portfolio any_portfolio(std::mt19937_64& random) {
    Portfolio portfolio;
    std::map<int, Quantity> held;
    auto when = at("2024-01-01");
    auto const count = 1 + random() % 25;
    for (unsigned i = 0; i < count; ++i) {
        when += std::chrono::hours{random() % 3};
        auto next = any_trade(random, when, 1 + static_cast<int>(random() % 3));
        next.quantity = Quantity::parse(number(random, 20)) + Quantity::parse("0.001");
        auto& of = held[next.asset_id];
        if (random() % 2 == 0 && !of.is_zero()) {
            next.side = Side::sell;
            next.timestamp = when + std::chrono::seconds{1}; // after its buys, …
            when += std::chrono::seconds{2};                 // … before the next ones
            next.quantity = random() % 4 == 0 ? of : std::min(of, next.quantity);
            of -= next.quantity;
        } else {
            of += next.quantity;
        }
        portfolio.trades.push_back(next);
    }
    for (auto const& [asset_id, quantity] : held)
        portfolio.holdings.push_back(
            foreign(holding(quantity.to_text(), close(number(random, 300), "2024-12-31"), asset_id),
                    "1.07", "2024-12-31"));
    return portfolio;
}

struct Exact {
    Rational value, invested, proceeds, realized, basis;
};

/// Straight from the definitions: an average per unit, and a sale costs average × quantity.
Exact by_definition(Portfolio const& portfolio) {
    Exact sums;
    std::map<int, std::pair<Rational, Rational>> held; // quantity, average
    for (auto const& trade : portfolio.trades) {
        auto& [quantity, average] = held[trade.asset_id];
        Rational const traded = exactly(trade.quantity);
        Rational const rate = exactly(trade.rate.value_or(Rate{}));
        Rational const gross = traded * exactly(trade.price);
        if (trade.side == Side::buy) {
            Rational const paid = (gross + exactly(trade.fee)) * rate;
            average = (quantity * average + paid) / (quantity + traded);
            quantity += traded;
            sums.invested += paid;
        } else {
            Rational const received = (gross - exactly(trade.fee)) * rate;
            quantity -= traded;
            sums.proceeds += received;
            sums.realized += received - average * traded;
        }
    }
    for (auto const& [asset_id, position] : held) sums.basis += position.first * position.second;
    for (auto const& holding : portfolio.holdings)
        sums.value += exactly(holding.quantity) * exactly(holding.close.value_or(Close{}).price) *
                      exactly(holding.rate.value_or(LatestRate{}).rate);
    return sums;
}

} // namespace

TEST_CASE("figures of random portfolios are the definitions' to the cent") {
    auto random = repeatable(4);
    for (int i = 0; i < 4'000; ++i) {
        auto const portfolio = any_portfolio(random);
        auto const exact = by_definition(portfolio);
        auto const result = figures_of(portfolio.holdings, portfolio.trades, {}, day("2024-12-31"));
        CAPTURE(i);
        REQUIRE(units(result.current_value_usd) == rounded(exact.value, 2));
        REQUIRE(units(result.total_invested_usd) == rounded(exact.invested, 2));
        REQUIRE(units(result.realized_gain_usd) == rounded(exact.realized, 2));
        REQUIRE(units(result.unrealized_gain_usd) == rounded(exact.value - exact.basis, 2));
    }
}

TEST_CASE("realized and cost left are exactly proceeds less invested, so the gains add up") {
    auto random = repeatable(5);
    for (int i = 0; i < 4'000; ++i) {
        auto const portfolio = any_portfolio(random);
        auto const ledger = replay(portfolio.trades, {}, day("2024-12-31"));
        Money cost;
        for (auto const& position : ledger.positions) cost += position.cost().value_or(Money{});
        auto const& totals = ledger.totals;
        REQUIRE(totals.realized - cost == totals.proceeds - totals.invested);

        // Shown in cents each of the four is off by half a cent at most, so the sum by two.
        auto const shown = figures_of(portfolio.holdings, portfolio.trades, {}, day("2024-12-31"));
        auto const gains = shown.realized_gain_usd + shown.unrealized_gain_usd;
        auto const moved =
            shown.current_value_usd + totals.proceeds.round_to<2>() - shown.total_invested_usd;
        REQUIRE(magnitude(gains - moved) <= Cents::parse("0.02"));
    }
}

TEST_CASE("neither the order of arrival nor a sale in two parts changes a figure") {
    auto random = repeatable(6);
    for (int i = 0; i < 1'000; ++i) {
        auto const portfolio = any_portfolio(random);
        auto changed = portfolio.trades;
        for (auto& trade : std::vector{changed}) {
            if (trade.side != Side::sell || trade.quantity < Quantity::parse("0.002")) continue;
            auto const part =
                proportion(trade.quantity, Quantity::parse("1"), Quantity::parse("3"));
            auto& whole = *std::ranges::find_if(changed, [&](Trade const& other) {
                return other.timestamp == trade.timestamp && other.side == Side::sell;
            });
            whole.quantity -= part;
            auto second = whole;
            second.quantity = part;
            second.fee = {};
            changed.push_back(second);
        }
        std::ranges::shuffle(changed, random);
        auto const before = figures_of(portfolio.holdings, portfolio.trades, {}, day("2024-12-31"));
        auto const after = figures_of(portfolio.holdings, changed, {}, day("2024-12-31"));
        REQUIRE(after.realized_gain_usd == before.realized_gain_usd);
        REQUIRE(after.unrealized_gain_usd == before.unrealized_gain_usd);
        REQUIRE(after.total_return_pct == before.total_return_pct);
        REQUIRE(after.fees_usd == before.fees_usd);
    }
}

TEST_CASE("a replay that starts from checkpoints ends where one of all trades ends") {
    auto random = repeatable(8);
    for (int i = 0; i < 2'000; ++i) {
        auto const portfolio = any_portfolio(random);
        auto const today = day("2024-12-31");
        std::vector<Split> splits;
        for (auto const* date : {"2023-05-01", "2024-02-01", "2024-12-30"})
            if (random() % 2 == 0)
                splits.push_back({1 + static_cast<int>(random() % 3), day(date),
                                  SplitTerm::parse("3"), SplitTerm::parse("2")});
        auto sorted = portfolio.trades;
        std::ranges::sort(sorted, {}, &Trade::timestamp);
        // Not between trades of one time: those belong together.
        auto cut = sorted.begin() + static_cast<std::ptrdiff_t>(random() % (sorted.size() + 1));
        while (cut != sorted.begin() && cut != sorted.end() &&
               cut->timestamp == std::prev(cut)->timestamp)
            ++cut;
        CAPTURE(i);
        std::optional<Ledger> whole;
        try {
            whole = replay(sorted, splits, today);
        } catch (CannotValue const&) { // a split made the history oversold
            continue;
        }
        auto const before = replay(std::vector<Trade>{sorted.begin(), cut}, splits, today);
        auto const after =
            replay(std::vector<Trade>{cut, sorted.end()}, splits, today, before.checkpoints);
        REQUIRE(after.positions.size() == whole->positions.size());
        REQUIRE(after.totals.invested == whole->totals.invested);
        REQUIRE(after.totals.proceeds == whole->totals.proceeds);
        REQUIRE(after.totals.realized == whole->totals.realized);
        REQUIRE(after.totals.fees == whole->totals.fees);
        for (auto const& position : whole->positions) {
            auto const* other = after.find(position.asset_id);
            REQUIRE(other != nullptr);
            REQUIRE(other->held == position.held);
            REQUIRE(other->cost() == position.cost());
            REQUIRE(other->last_trade_price == position.last_trade_price);
        }
    }
}

} // namespace portfoliod::valuation::test
