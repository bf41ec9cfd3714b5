#include "unit/valuation/random_days.hpp"

#include <algorithm>

/// Random portfolios through value_days(), beside the definitions in rationals and beside themselves.
namespace portfoliod::valuation::test {

namespace {

using namespace random_days;

/// Nothing when a split made the history oversold.
std::optional<std::vector<KeptDay>> valued(Portfolio const& portfolio) {
    try {
        return days_of(portfolio, first, last);
    } catch (CannotValue const&) {
        return std::nullopt;
    }
}

void require_same(KeptDay const& one, KeptDay const& other) {
    REQUIRE(one.of.day == other.of.day);
    REQUIRE(one.of.value == other.of.value);
    REQUIRE(one.of.index == other.of.index);
    REQUIRE(one.of.status == other.of.status);
    REQUIRE(one.of.complete == other.of.complete);
    REQUIRE(one.of.flows.inflow == other.of.flows.inflow);
    REQUIRE(one.of.flows.outflow == other.of.flows.outflow);
    REQUIRE(one.positions.size() == other.positions.size());
    for (std::size_t i = 0; i < one.positions.size(); ++i) {
        REQUIRE(one.positions[i].asset_id == other.positions[i].asset_id);
        REQUIRE(one.positions[i].quantity == other.positions[i].quantity);
        REQUIRE(one.positions[i].split_factor == other.positions[i].split_factor);
        REQUIRE(one.positions[i].price == other.positions[i].price);
        REQUIRE(one.positions[i].price_day == other.positions[i].price_day);
        REQUIRE(one.positions[i].value == other.positions[i].value);
    }
}

void require_same(std::vector<KeptDay> const& one, std::vector<KeptDay> const& other) {
    REQUIRE(one.size() == other.size());
    for (std::size_t i = 0; i < one.size(); ++i) require_same(one[i], other[i]);
}

template <class Entry>
Entry const* last_until(std::vector<Entry> const& entries, Day day) {
    Entry const* found = nullptr;
    for (auto const& entry : entries)
        if (entry.day <= day) found = &entry;
    return found;
}

/// Straight from the definition, each day by itself: quantity of all trades up to the day, every
/// later split, the last close and rate.
std::optional<Rational> by_definition(Portfolio const& portfolio, Day day, int asset) {
    auto const& series = portfolio.market.assets.at(asset);
    auto const* dated = last_until(portfolio.market.currencies.at("EUR").rates, day);
    if (series.currency == "EUR" && !dated) return std::nullopt;
    std::vector<Trade> trades;
    std::ranges::copy_if(portfolio.trades, std::back_inserter(trades), [day](Trade const& trade) {
        return std::chrono::floor<std::chrono::days>(trade.timestamp) <= day;
    });
    auto const ledger = replay(trades, portfolio.splits, day);
    auto const* position = ledger.find(asset);
    if (!position) return Rational{0};
    Rational value = exactly(position->held);
    if (series.currency == "EUR") value *= exactly(dated->rate);
    auto const* close = last_until(series.closes, day);
    if (!close) return value * exactly(position->last_trade_price.value_or(Price{}));
    for (auto const& split : portfolio.splits)
        if (split.asset_id == asset && day < split.ex_date && split.ex_date <= portfolio.today)
            value = value * exactly(split.numerator) / exactly(split.denominator);
    return value * exactly(close->price);
}

} // namespace

TEST_CASE("the days of random portfolios are worth what the definition says, to 38 digits") {
    auto random = repeatable(21);
    int compared = 0;
    for (int i = 0; i < 150; ++i) {
        auto const portfolio = any_portfolio(random);
        auto const days = valued(portfolio);
        if (!days) continue;
        CAPTURE(i);
        for (auto const& day : *days) {
            Rational sum = 0;
            auto complete = true;
            for (auto const& position : day.positions) {
                auto const exact = by_definition(portfolio, day.of.day, position.asset_id);
                REQUIRE(exact.has_value() == position.value.has_value());
                complete = complete && exact;
                sum += exact.value_or(Rational{0});
            }
            REQUIRE(day.of.complete == complete);
            REQUIRE(rounded(exactly(day.of.value), 38) == rounded(sum, 38));
            ++compared;
        }
    }
    CHECK(compared > 5'000);
}

TEST_CASE("the index is chained from the values and flows handed out") {
    auto random = repeatable(22);
    for (int i = 0; i < 200; ++i) {
        auto const days = valued(any_portfolio(random));
        if (!days) continue;
        Rational index = 1;
        Rational value = 0;
        auto complete = true;
        for (auto const& day : *days) {
            Rational const start = value + exactly(day.of.flows.inflow);
            if (complete && day.of.complete && day.of.flows.complete && start != 0)
                index = Rational{rounded(
                            index * (exactly(day.of.value) + exactly(day.of.flows.outflow)) / start,
                            12)} /
                        Rational{ten_to(12)};
            REQUIRE(day.of.index);
            REQUIRE(exactly(*day.of.index) == index);
            value = exactly(day.of.value);
            complete = day.of.complete;
        }
    }
}

TEST_CASE("the days in two runs, the second from the first's checkpoints and last day, are those "
          "of one") {
    auto random = repeatable(23);
    int compared = 0;
    for (int i = 0; i < 600; ++i) {
        auto portfolio = any_portfolio(random);
        auto const whole = valued(portfolio);
        if (!whole) continue;
        auto const cut = first + std::chrono::days{1 + random() % 48};
        auto parts = days_of(portfolio, first, cut - std::chrono::days{1});
        auto const in_second = std::ranges::partition(
            portfolio.trades, [cut](Trade const& trade) { return trade.timestamp < Instant{cut}; });
        std::vector<Trade> const before{portfolio.trades.begin(), in_second.begin()};
        // As kept: of any later day than their last trade, the splits up to then applied or not.
        portfolio.openings = replay(before, portfolio.splits, cut).checkpoints;
        portfolio.trades.assign(in_second.begin(), in_second.end());
        std::ranges::move(days_of(portfolio, cut, last, end_of(parts.back())),
                          std::back_inserter(parts));
        CAPTURE(i);
        require_same(parts, *whole);
        ++compared;
    }
    CHECK(compared > 300);
}

TEST_CASE("only the days from an edit on differ, and valuing these again gives a whole run's") {
    auto random = repeatable(24);
    int compared = 0;
    for (int i = 0; i < 600; ++i) {
        auto portfolio = any_portfolio(random);
        auto kept = valued(portfolio);
        if (!kept) continue;
        auto const edited = first + std::chrono::days{1 + random() % 48};
        switch (random() % 3) {
        case 0:
            portfolio.trades.push_back(buy("2024-01-01", {"7", "31", "1", "1.5", 2}));
            portfolio.trades.back().timestamp = Instant{edited} + std::chrono::hours{random() % 24};
            break;
        case 1:
            for (auto& close : portfolio.market.assets[1].closes)
                if (close.day >= edited) close.price += Price::parse("1.5");
            break;
        default:
            for (auto& dated : portfolio.market.currencies["EUR"].rates)
                if (dated.day >= edited) dated.rate += Rate::parse("0.01");
        }
        auto const whole = valued(portfolio);
        REQUIRE(whole);
        auto const at = static_cast<std::size_t>((edited - first).count());
        kept->resize(at);
        std::ranges::move(days_of(portfolio, edited, last, end_of(kept->back())),
                          std::back_inserter(*kept));
        CAPTURE(i);
        require_same(*kept, *whole);
        ++compared;
    }
    CHECK(compared > 300);
}

TEST_CASE("neither order of arrival nor a sale in two parts changes a day") {
    auto random = repeatable(25);
    for (int i = 0; i < 300; ++i) {
        auto portfolio = any_portfolio(random);
        auto const before = valued(portfolio);
        if (!before) continue;
        for (std::size_t k = portfolio.trades.size(); k-- > 0;) {
            auto& trade = portfolio.trades[k];
            if (trade.side != Side::sell) continue;
            auto part = trade;
            part.quantity = proportion(trade.quantity, Quantity::parse("1"), Quantity::parse("3"));
            if (part.quantity.is_zero()) continue;
            part.fee = {};
            trade.quantity -= part.quantity;
            portfolio.trades.push_back(part);
        }
        std::ranges::shuffle(portfolio.trades, random);
        CAPTURE(i);
        require_same(days_of(portfolio, first, last), *before);
    }
}

TEST_CASE(
    "a day on which something is only bought or sold at its close, free of charge, has return 0") {
    auto random = repeatable(26);
    for (int i = 0; i < 300; ++i) {
        auto portfolio = any_portfolio(random);
        portfolio.splits.clear();
        portfolio.market.assets[1] = closes({{"2024-01-01", "12.345678"}});
        std::erase_if(portfolio.trades, [](Trade const& trade) { return trade.asset_id != 1; });
        auto const price = portfolio.market.assets[1].closes.front().price;
        for (auto& trade : portfolio.trades) {
            trade.price = price;
            trade.fee = {};
        }
        for (auto const& day : days_of(portfolio, first, last))
            REQUIRE(day.of.index == DayBefore::one());
    }
}

TEST_CASE("an asset of which nothing is held changes no day") {
    auto random = repeatable(27);
    for (int i = 0; i < 300; ++i) {
        auto portfolio = any_portfolio(random);
        auto const before = valued(portfolio);
        if (!before) continue;
        portfolio.market.assets[9] = closes({{"2024-01-01", "5"}}, "JPY"); // its rate is unknown
        portfolio.openings = replay(std::vector{buy("2023-06-01", {"3", "5", "0", "1", 9}),
                                                sell("2023-07-01", {"3", "9", "0", "1", 9})},
                                    {}, first)
                                 .checkpoints;
        require_same(days_of(portfolio, first, last), *before);
    }
}

TEST_CASE(
    "an asset in dollars and the same one in a currency at a constant rate are worth the same") {
    auto random = repeatable(28);
    for (int i = 0; i < 300; ++i) {
        auto dollars = any_portfolio(random);
        for (auto& [asset, series] : dollars.market.assets) {
            series.currency = "USD";
            // No day rests on a trade's price, which a split rounds to 12 digits.
            series.closes.insert(series.closes.begin(), close("10", "2023-12-01"));
        }
        for (auto& trade : dollars.trades) trade.rate = Rate::parse("1");
        auto const before = valued(dollars);
        if (!before) continue;
        auto foreign = dollars;
        auto quarters = dollars; // at a rate of 0.25 every price is four times as high
        foreign.market.currencies["XXX"] = rates({{"2023-12-31", "1"}});
        quarters.market.currencies["XXX"] = rates({{"2023-12-31", "0.25"}});
        auto const four = Fixed<0>::parse("4");
        for (int asset = 1; asset <= assets; ++asset) {
            foreign.market.assets[asset].currency = "XXX";
            quarters.market.assets[asset].currency = "XXX";
            for (auto& close : quarters.market.assets[asset].closes)
                close.price = close.price * four;
        }
        for (auto& trade : quarters.trades) {
            trade.price = trade.price * four;
            trade.fee = trade.fee * four;
            trade.rate = Rate::parse("0.25");
        }
        auto const same = days_of(foreign, first, last);
        auto const scaled = days_of(quarters, first, last);
        for (std::size_t k = 0; k < before->size(); ++k) {
            REQUIRE(same[k].of.value == (*before)[k].of.value);
            REQUIRE(same[k].of.index == (*before)[k].of.index);
            REQUIRE(scaled[k].of.value == (*before)[k].of.value);
            REQUIRE(scaled[k].of.index == (*before)[k].of.index);
        }
    }
}

TEST_CASE(
    "what today is worth now is what the day will be worth at its end, should nothing change") {
    auto random = repeatable(29);
    int compared = 0;
    for (int i = 0; i < 400; ++i) {
        auto const portfolio = any_portfolio(random);
        auto const days = valued(portfolio);
        if (!days) continue;
        auto const ledger = replay(portfolio.trades, portfolio.splits, last);
        std::vector<Holding> holdings;
        for (auto const& position : ledger.positions) {
            auto const& series = portfolio.market.assets.at(position.asset_id);
            auto const* close = last_until(series.closes, last);
            auto const* dated = last_until(portfolio.market.currencies.at("EUR").rates, last);
            Holding held{.asset_id = position.asset_id,
                         .quantity = position.held,
                         .close = {},
                         .rate = {},
                         .history_pending = false};
            if (close) held.close = *close;
            if (series.currency == "USD")
                held.rate = LatestRate::usd();
            else if (dated)
                held.rate = LatestRate{.rate = dated->rate, .day = dated->day};
            holdings.push_back(held);
        }
        History const history{.yesterday = end_of((*days)[days->size() - 2]),
                              .week = (*days)[days->size() - 8].of.index,
                              .month = DayBefore::one(),
                              .year = DayBefore::one()};
        auto const figures = current_figures(holdings, ledger, last, &history);
        auto const& today = days->back().of;
        CAPTURE(i);
        REQUIRE(figures.value == today.value);
        if (ledger.positions.empty()) continue;
        REQUIRE(figures.twr_pct == change(today.index, DayBefore::one()));
        REQUIRE(figures.week_change_pct == change(today.index, history.week));
        ++compared;
    }
    CHECK(compared > 200);
}

TEST_CASE("changes of sub-periods chain to that of the whole") {
    auto random = repeatable(30);
    for (int i = 0; i < 200; ++i) {
        auto const days = valued(any_portfolio(random));
        if (!days) continue;
        auto const at = 1 + random() % (days->size() - 2);
        auto const start = days->front().of.index;
        auto const middle = (*days)[at].of.index;
        auto const end = days->back().of.index;
        REQUIRE((start && middle && end));
        if (start->is_zero() || middle->is_zero()) continue;
        auto const factor = [](std::optional<Index> const& now,
                               std::optional<Index> const& then) -> Rational {
            return 1 + exactly(change(now, then).value_or(Percent{})) / 100;
        };
        Rational const chained = factor(middle, start) * factor(end, middle);
        Rational const off = chained - factor(end, start);
        // Each of the three is rounded to 0.00005 percentage points.
        REQUIRE(abs(off) <=
                Rational{5} / 10'000'000 * (1 + factor(middle, start) + factor(end, middle) + 1));
    }
}

} // namespace portfoliod::valuation::test
