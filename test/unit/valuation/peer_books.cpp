#include "unit/valuation/peer_books.hpp"

#include <algorithm>

namespace portfoliod::valuation::test {

namespace {

std::vector<Holding> holdings(Portfolio const& portfolio, Ledger const& ledger, Day day) {
    std::vector<Holding> holdings;
    for (auto const& position : ledger.positions) {
        auto const& series = portfolio.market.assets.at(position.asset_id);
        Holding held{
            .asset_id = position.asset_id, .quantity = position.held, .close = {}, .rate = {}};
        for (auto const& close : series.closes)
            if (close.day <= day) held.close = close;
        if (series.currency == "USD") held.rate = LatestRate::usd();
        if (auto const found = portfolio.market.currencies.find(series.currency);
            found != portfolio.market.currencies.end())
            for (auto const& dated : found->second.rates)
                if (dated.day <= day) held.rate = LatestRate{.rate = dated.rate, .day = dated.day};
        holdings.push_back(held);
    }
    return holdings;
}

Figures figures_on(Portfolio const& portfolio, Ledger const& ledger, Day day,
                   std::vector<KeptDay> const& days) {
    History history{.yesterday = {},
                    .week = index_on(days, day - std::chrono::days{7}),
                    .month = index_on(days, months_before(day, 1)),
                    .year = index_on(days, months_before(day, 12))};
    for (auto const& kept : days)
        if (kept.of.day < day) history.yesterday = end_of(kept);
    return current_figures(holdings(portfolio, ledger, day), ledger, day, &history);
}

Day first_day(Portfolio const& portfolio) {
    auto const& first = *std::ranges::min_element(portfolio.trades, {}, &Trade::timestamp);
    return std::chrono::floor<std::chrono::days>(first.timestamp);
}

void add_up(Ledger const& ledger, Reckoned& of) {
    for (auto const& position : ledger.positions) {
        of.cost += real(position.cost().value_or(Money{}));
        of.quantity += real(position.held);
    }
}

/// Without fees, at whatever the trades' rates are: those of one currency in it, at 1.
long double average(Portfolio portfolio, Day day) {
    for (auto& trade : portfolio.trades) {
        trade.fee = {};
        trade.rate = Rate::parse("1");
    }
    auto const ledger = replay(portfolio.trades, portfolio.splits, day);
    Reckoned of;
    add_up(ledger, of);
    return of.quantity == 0 ? 0 : of.cost / of.quantity;
}

} // namespace

std::vector<KeptDay> CoreBooks::days(Portfolio const& portfolio, Day last) {
    if (portfolio.trades.empty()) return {};
    return days_of(portfolio, first_day(portfolio), last);
}

Reckoned CoreBooks::on(Portfolio const& portfolio, Day day, std::vector<KeptDay> const& days) {
    auto const ledger = replay(portfolio.trades, portfolio.splits, day);
    Reckoned of;
    of.figures = figures_on(portfolio, ledger, day, days);
    add_up(ledger, of);
    of.average = average(portfolio, day);
    of.proceeds = real(ledger.totals.proceeds);
    if (!ledger.flows.empty()) of.first_flow = ledger.flows.front().day;
    return of;
}

std::optional<Index> index_on(std::vector<KeptDay> const& days, Day day) {
    auto index = std::optional{DayBefore::one()};
    for (auto const& kept : days)
        if (kept.of.day <= day) index = kept.of.index;
    return index;
}

} // namespace portfoliod::valuation::test
