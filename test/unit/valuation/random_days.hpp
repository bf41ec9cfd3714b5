#pragma once

#include "unit/valuation/days.hpp"
#include "unit/valuation/rational.hpp"

/// Random portfolios of a few assets over fifty days: gaps in closes and rates, splits, sales of a part or all.
namespace portfoliod::valuation::test::random_days {

inline auto const first = day("2024-01-01");
inline auto const last = day("2024-02-19");
inline constexpr int assets = 4;

inline std::string number(std::mt19937_64& random, unsigned whole) {
    auto text = std::to_string(1 + random() % whole);
    if (random() % 2 == 0) text += "." + std::to_string(random() % 1'000'000);
    return text;
}

inline std::string a_rate(std::mt19937_64& random) {
    return "1." + std::to_string(random() % 1'000);
}

inline MarketSeries any_market(std::mt19937_64& random) {
    MarketSeries market;
    for (int asset = 1; asset <= assets; ++asset) {
        auto& series = market.assets[asset];
        series.currency = asset % 2 == 0 ? "EUR" : "USD";
        auto day = first + std::chrono::days{random() % 12} - std::chrono::days{6};
        for (; day <= last; day += std::chrono::days{1 + random() % 3})
            series.closes.push_back({.price = Price::parse(number(random, 300)),
                                     .day = day,
                                     .provisional = random() % 9 == 0});
        if (random() % 3 == 0) series.pending = {range("2024-01-20", "2024-01-23")};
    }
    auto& euro = market.currencies["EUR"];
    for (auto day = first; day <= last; day += std::chrono::days{1 + random() % 12})
        euro.rates.push_back({.day = day, .rate = Rate::parse(a_rate(random))});
    return market;
}

inline std::vector<Split> any_splits(std::mt19937_64& random) {
    std::vector<Split> splits;
    for (int i = 0; i < 3; ++i) {
        auto const ratio = random() % 2 == 0 ? std::pair{"3", "2"} : std::pair{"1", "3"};
        splits.push_back(split("2024-01-01", ratio.first, ratio.second,
                               1 + static_cast<int>(random() % assets)));
        splits.back().ex_date += std::chrono::days{random() % 80}; // some after today
    }
    return splits;
}

/// Sales never of more than is held, splits or not: of a third of what was bought, before any other
/// can have made it less than a third.
inline std::vector<Trade> any_trades(std::mt19937_64& random) {
    std::vector<Trade> trades;
    auto when = Instant{first};
    auto const count = 1 + random() % 30;
    for (unsigned i = 0; i < count; ++i) {
        when += std::chrono::minutes{random() % (3 * 24 * 60)};
        if (when >= Instant{last}) break;
        auto next =
            buy("2024-01-01", {"1", "1", "0", "1", 1 + static_cast<int>(random() % assets)});
        next.timestamp = when;
        next.quantity = Quantity::parse(number(random, 20));
        next.price = Price::parse(number(random, 300));
        next.fee = Price::parse(number(random, 3));
        if (next.asset_id % 2 == 0) next.rate = rate(a_rate(random));
        trades.push_back(next);
        if (random() % 2 == 0) continue;
        next.side = Side::sell;
        if (random() % 3 > 0) // else all of it, at the same time
            next.quantity = proportion(next.quantity, Quantity::parse("1"), Quantity::parse("30"));
        next.timestamp +=
            std::chrono::minutes{next.quantity == trades.back().quantity ? 0 : random() % 3000};
        if (next.timestamp < Instant{last}) trades.push_back(next);
    }
    return trades;
}

inline Portfolio any_portfolio(std::mt19937_64& random) {
    return {.trades = any_trades(random),
            .splits = any_splits(random),
            .market = any_market(random),
            .today = last,
            .openings = {}};
}

} // namespace portfoliod::valuation::test::random_days
