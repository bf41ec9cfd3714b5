#include "valuation/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <tuple>

namespace portfoliod::valuation {

namespace {

using Trades = std::vector<Trade const*>;
using Splits = std::vector<Split const*>;

Day day_of(Trade const& trade) { return std::chrono::floor<std::chrono::days>(trade.timestamp); }

/// Buys stand before sales of their timestamp; the price decides nothing but which of equals is
/// "the last trade", so that the order of arrival never shows.
Trades in_order(std::span<Trade const> trades) {
    Trades ordered;
    ordered.reserve(trades.size());
    for (auto const& trade : trades) ordered.push_back(&trade);
    auto const key = [](Trade const* trade) {
        return std::tie(trade->asset_id, trade->timestamp, trade->side, trade->price);
    };
    std::ranges::sort(ordered, {}, key);
    return ordered;
}

Splits in_effect(std::span<Split const> splits, Day today) {
    Splits ordered;
    for (auto const& split : splits)
        if (split.ex_date <= today) ordered.push_back(&split);
    auto const key = [](Split const* split) {
        return std::tie(split->asset_id, split->ex_date, split->numerator, split->denominator);
    };
    std::ranges::sort(ordered, {}, key);
    return ordered;
}

/// What the trade moved in USD: paid for a buy, received for a sale.
std::optional<Money> cash(Trade const& trade) {
    if (!trade.rate) return std::nullopt;
    auto const gross = trade.quantity * trade.price;
    auto const fee = trade.fee.round_to<24>();
    return (trade.side == Side::buy ? gross + fee : gross - fee) * *trade.rate;
}

void book_buy(Trade const& trade, Position& position) {
    auto const paid = cash(trade);
    position.buy(trade.quantity, paid);
    if (paid) position.totals.invested += *paid;
}

void book_sale(Trade const& trade, Position& position) {
    auto const received = cash(trade);
    auto const cost = position.sell(trade.quantity);
    if (received) position.totals.proceeds += *received;
    if (received && cost) position.totals.realized += *received - *cost;
}

void book(Trade const& trade, Position& position) {
    if (trade.side == Side::buy)
        book_buy(trade, position);
    else
        book_sale(trade, position);
    position.traded_at(trade.price);
    if (trade.rate)
        position.totals.fees += (trade.fee * *trade.rate).round_to<40>();
    else
        position.totals.complete = false;
}

/// The splits of one asset, worked off in order.
class Pending {
  public:
    Pending(Splits const& effective, int asset_id)
        : splits_(std::ranges::equal_range(effective, asset_id, {}, &Split::asset_id)) {}

    /// Those of that day or before are in the position already.
    void skip_until(Day day) {
        while (!splits_.empty() && splits_.front()->ex_date <= day) splits_.advance(1);
    }

    void apply_until(Day day, Position& position) {
        for (; !splits_.empty() && splits_.front()->ex_date <= day; splits_.advance(1))
            position.split(*splits_.front());
    }

  private:
    std::ranges::subrange<Splits::const_iterator> splits_;
};

std::vector<Checkpoint> by_asset(std::span<Checkpoint const> openings) {
    std::vector<Checkpoint> sorted{openings.begin(), openings.end()};
    std::ranges::sort(sorted, {},
                      [](Checkpoint const& opening) { return opening.position.asset_id; });
    return sorted;
}

/// The assets that have an opening or a trade, each once, in order.
std::vector<int> assets_of(std::vector<Checkpoint> const& openings, Trades const& trades) {
    std::vector<int> assets;
    assets.reserve(openings.size() + trades.size());
    for (auto const& opening : openings) assets.push_back(opening.position.asset_id);
    for (auto const* trade : trades) assets.push_back(trade->asset_id);
    std::ranges::sort(assets);
    assets.erase(std::ranges::unique(assets).begin(), assets.end());
    return assets;
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

std::optional<Money> Position::cost() const {
    if (!cost_known) return std::nullopt;
    if (held == average_for) return average_cost;
    return proportion(average_cost, held, average_for);
}

Position const* Ledger::find(int asset_id) const {
    auto const found = std::ranges::lower_bound(positions, asset_id, {}, &Position::asset_id);
    return found != positions.end() && found->asset_id == asset_id ? &*found : nullptr;
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
        Pending pending{effective, asset_id};
        if (opening != opened.end() && opening->position.asset_id == asset_id) {
            position = opening->position;
            pending.skip_until(std::chrono::floor<std::chrono::days>(opening->through));
            ++opening;
        }
        auto const first = trade;
        for (; trade != ordered.end() && (*trade)->asset_id == asset_id; ++trade) {
            pending.apply_until(day_of(**trade), position);
            book(**trade, position);
        }
        if (trade != first)
            ledger.checkpoints.push_back({position, (*std::prev(trade))->timestamp});
        pending.apply_until(today, position);
        ledger.totals += position.totals;
        ledger.positions.push_back(std::move(position));
    }
    return ledger;
} catch (std::overflow_error const&) {

    throw beyond_all_bounds();
}

} // namespace portfoliod::valuation
