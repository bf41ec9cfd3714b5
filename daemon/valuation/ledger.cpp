#include "valuation/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
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

void book_buy(Trade const& trade, Position& position, Totals& totals) {
    auto const paid = cash(trade);
    position.buy(trade.quantity, paid);
    if (paid) totals.invested += *paid;
}

void book_sale(Trade const& trade, Position& position, Totals& totals) {
    auto const received = cash(trade);
    auto const cost = position.sell(trade.quantity);
    if (received) totals.proceeds += *received;
    if (received && cost) totals.realized += *received - *cost;
}

void book(Trade const& trade, Position& position, Totals& totals) {
    if (trade.side == Side::buy)
        book_buy(trade, position, totals);
    else
        book_sale(trade, position, totals);
    position.traded_at(trade.price);
    if (trade.rate)
        totals.fees += (trade.fee * *trade.rate).round_to<40>();
    else
        totals.complete = false;
}

} // namespace

void Position::buy(Quantity const& quantity, std::optional<Money> const& cost) {
    auto const before = this->cost();
    held_ += quantity;
    average_for_ = held_;
    average_cost_ = before && cost ? *before + *cost : Money{};
    cost_known_ = before && cost;
}

std::optional<Money> Position::sell(Quantity const& quantity) {
    if (quantity > held_)
        throw CannotValue(fmt::format("asset {}: {} sold with {} held; the trades were changed "
                                      "past the database's triggers: mend them",
                                      asset_id_, quantity.to_text(), held_.to_text()));
    auto before = cost();
    held_ -= quantity;
    if (held_.is_zero()) {
        average_cost_ = {};
        average_for_ = {};
        cost_known_ = true;
        return before;
    }
    auto const after = cost();
    return before && after ? std::optional{*before - *after} : std::nullopt;
}

void Position::split(Split const& split) {
    auto const cost = this->cost();
    held_ = proportion(held_, split.numerator, split.denominator);
    average_cost_ = cost.value_or(Money{});
    average_for_ = held_;
    if (last_trade_price_)
        last_trade_price_ = proportion(*last_trade_price_, split.denominator, split.numerator);
}

void Position::traded_at(Price const& price) {
    if (price > Price{}) last_trade_price_ = price;
}

std::optional<Money> Position::cost() const {
    if (!cost_known_) return std::nullopt;
    if (held_ == average_for_) return average_cost_;
    return proportion(average_cost_, held_, average_for_);
}

Position const* Ledger::find(int asset_id) const {
    auto const found = std::ranges::lower_bound(positions, asset_id, {}, &Position::asset_id);
    return found != positions.end() && found->asset_id() == asset_id ? &*found : nullptr;
}

Ledger replay(std::span<Trade const> trades, std::span<Split const> splits, Day today) {
    Ledger ledger;
    auto const ordered = in_order(trades);
    auto const effective = in_effect(splits, today);
    for (auto trade = ordered.begin(); trade != ordered.end();) {
        auto const asset_id = (*trade)->asset_id;
        auto& position = ledger.positions.emplace_back(asset_id);
        auto pending = std::ranges::equal_range(effective, asset_id, {}, &Split::asset_id);
        auto split = pending.begin();
        for (; trade != ordered.end() && (*trade)->asset_id == asset_id; ++trade) {
            for (; split != pending.end() && (*split)->ex_date <= day_of(**trade); ++split)
                position.split(**split);
            book(**trade, position, ledger.totals);
        }
        for (; split != pending.end(); ++split) position.split(**split);
    }
    return ledger;
}

} // namespace portfoliod::valuation
