#include "valuation/timeline.hpp"

#include <algorithm>
#include <tuple>

namespace portfoliod::valuation {

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

SplitsAhead::SplitsAhead(Splits const& effective, int asset_id)
    : splits_(std::ranges::equal_range(effective, asset_id, {}, &Split::asset_id)) {}

void SplitsAhead::skip_until(Day day) {
    while (!splits_.empty() && splits_.front()->ex_date <= day) splits_.advance(1);
}

bool SplitsAhead::apply_until(Day day, Position& position) {
    auto const before = splits_.begin();
    for (; !splits_.empty() && splits_.front()->ex_date <= day; splits_.advance(1))
        position.split(*splits_.front());
    return splits_.begin() != before;
}

std::optional<Amounts> amounts(Trade const& trade) {
    if (!trade.rate) return std::nullopt;
    Amounts amounts{.net = trade.quantity * trade.price * *trade.rate, .fee = {}};
    if (trade.fee.is_zero()) return amounts;
    amounts.fee = (trade.fee * *trade.rate).round_to<40>();
    if (trade.side == Side::buy)
        amounts.net += amounts.fee;
    else
        amounts.net -= amounts.fee;
    return amounts;
}

} // namespace portfoliod::valuation
