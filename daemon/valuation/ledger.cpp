#include "valuation/ledger.hpp"

#include "valuation/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace portfoliod::valuation {

namespace {

void book_buy(Trade const& trade, std::optional<Money> const& paid, Position& position) {
    position.buy(trade.quantity, paid);
    if (paid) position.totals.invested += *paid;
}

void book_sale(Trade const& trade, std::optional<Money> const& received, Position& position) {
    auto const cost = position.sell(trade.quantity);
    if (received) position.totals.proceeds += *received;
    if (received && cost) position.totals.realized += *received - *cost;
}

void book(Trade const& trade, Position& position) {
    std::optional<Money> net;
    if (auto const known = amounts(trade)) {
        net = known->net;
        position.totals.fees += known->fee;
    } else {
        position.totals.complete = false;
    }
    if (trade.side == Side::buy)
        book_buy(trade, net, position);
    else
        book_sale(trade, net, position);
    position.traded_at(trade.price);
    position.moved(day_of(trade), trade.side, net);
}

using Openings = std::vector<Checkpoint const*>;

Openings by_asset(std::span<Checkpoint const> openings) {
    Openings sorted;
    sorted.reserve(openings.size());
    for (auto const& opening : openings) sorted.push_back(&opening);
    std::ranges::sort(sorted, {},
                      [](Checkpoint const* opening) { return opening->position.asset_id; });
    return sorted;
}

/// The assets that have an opening or a trade, each once, in order.
std::vector<int> assets_of(Openings const& openings, Trades const& trades) {
    std::vector<int> assets;
    assets.reserve(openings.size() + trades.size());
    for (auto const* opening : openings) assets.push_back(opening->position.asset_id);
    for (auto const* trade : trades) assets.push_back(trade->asset_id);
    std::ranges::sort(assets);
    assets.erase(std::ranges::unique(assets).begin(), assets.end());
    return assets;
}

/// Those of one day are added in the order of assets, so that the sum is always the same. By a place
/// for each day, which is faster than sorting.
std::vector<CashFlow> merged(std::vector<Position> const& positions) {
    auto first = Day::max();
    auto last = Day::min();
    for (auto const& position : positions) {
        if (position.flows.empty()) continue;
        first = std::min(first, position.flows.front().day);
        last = std::max(last, position.flows.back().day);
    }
    if (last < first) return {};
    std::vector<double> usd(static_cast<std::size_t>((last - first).count()) + 1);
    for (auto const& position : positions)
        for (auto const& flow : position.flows)
            usd[static_cast<std::size_t>((flow.day - first).count())] += flow.usd;
    std::vector<CashFlow> flows;
    for (auto day = first; auto const sum : usd) {
        if (sum != 0) flows.push_back({.day = day, .usd = sum});
        day += std::chrono::days{1};
    }
    return flows;
}

} // namespace

Totals& Totals::operator+=(Totals const& other) {
    invested += other.invested;
    proceeds += other.proceeds;
    fees += other.fees;
    realized += other.realized;
    complete = complete && other.complete;
    return *this;
}

void Position::buy(Quantity const& quantity, std::optional<Money> const& cost) {
    auto const before = this->cost();
    held += quantity;
    average_for = held;
    average_cost = before && cost ? *before + *cost : Money{};
    cost_known = before && cost;
}

std::optional<Money> Position::sell(Quantity const& quantity) {
    if (quantity > held)
        throw CannotValue(fmt::format("asset {}: {} sold with {} held; the trades were changed "
                                      "past the database's triggers: mend them",
                                      asset_id, quantity.to_text(), held.to_text()));
    auto before = cost();
    held -= quantity;
    if (held.is_zero()) {
        average_cost = {};
        average_for = {};
        cost_known = true;
        return before;
    }
    auto const after = cost();
    return before && after ? std::optional{*before - *after} : std::nullopt;
}

void Position::split(Split const& split) {
    auto const cost = this->cost();
    held = proportion(held, split.numerator, split.denominator);
    average_cost = cost.value_or(Money{});
    average_for = held;
    if (last_trade_price)
        last_trade_price = proportion(*last_trade_price, split.denominator, split.numerator);
}

void Position::traded_at(Price const& price) {
    if (price > Price{}) last_trade_price = price;
}

void Position::moved(Day day, Side side, std::optional<Money> const& amount) {
    if (recent.empty() || recent.back().day != day) {
        if (recent.size() == recent_days_max) recent.erase(recent.begin());
        recent.push_back({.day = day, .flows = {}});
    }
    auto& of_day = recent.back().flows;
    if (!amount) {
        of_day.complete = false;
        return;
    }
    (side == Side::buy ? of_day.inflow : of_day.outflow) += *amount;
    if (flows.empty() || flows.back().day != day) flows.push_back({.day = day});
    // From the day's exact sum, so that it is the same in one replay and in two.
    flows.back().usd = to_double(of_day.inflow - of_day.outflow);
}

std::optional<Money> Position::cost() const {
    if (!cost_known) return std::nullopt;
    if (held == average_for) return average_cost;
    return proportion(average_cost, held, average_for);
}

Position const* Ledger::find(int asset_id) const {
    auto const found = std::ranges::lower_bound(positions, asset_id, {}, &Position::asset_id);
    return found != positions.end() && found->asset_id == asset_id ? &*found : nullptr;
}

DayFlows Ledger::flows_after(Day day) const {
    DayFlows sum;
    for (auto const& position : positions)
        for (auto const& dated : position.recent) {
            if (dated.day <= day) continue;
            sum.inflow += dated.flows.inflow;
            sum.outflow += dated.flows.outflow;
            sum.complete = sum.complete && dated.flows.complete;
        }
    return sum;
}

CannotValue beyond_all_bounds() {
    return CannotValue{"the portfolio's amounts are beyond all bounds: look for a mistyped "
                       "quantity, price or rate"};
}

Ledger replay(std::span<Trade const> trades, std::span<Split const> splits, Day today,
              std::span<Checkpoint const> openings) try {
    Ledger ledger;
    auto const ordered = in_order(trades);
    auto const effective = in_effect(splits, today);
    auto const opened = by_asset(openings);
    auto trade = ordered.begin();
    auto opening = opened.begin();
    for (auto const asset_id : assets_of(opened, ordered)) {
        Position position;
        position.asset_id = asset_id;
        SplitsAhead ahead{effective, asset_id};
        if (opening != opened.end() && (*opening)->position.asset_id == asset_id) {
            position = (*opening)->position;
            ahead.skip_until(std::chrono::floor<std::chrono::days>((*opening)->through));
            ++opening;
        }
        auto const first = trade;
        for (; trade != ordered.end() && (*trade)->asset_id == asset_id; ++trade) {
            ahead.apply_until(day_of(**trade), position);
            book(**trade, position);
        }
        if (trade != first)
            ledger.checkpoints.push_back({position, (*std::prev(trade))->timestamp});
        ahead.apply_until(today, position);
        ledger.totals += position.totals;
        ledger.positions.push_back(std::move(position));
    }
    ledger.flows = merged(ledger.positions);
    return ledger;
} catch (std::overflow_error const&) {

    throw beyond_all_bounds();
}

} // namespace portfoliod::valuation
