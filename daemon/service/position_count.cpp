#include "service/position_count.hpp"

#include <utility>

namespace portfoliod::service {

using valuation::Money;

CountedMoney& CountedMoney::operator+=(CountedMoney const& other) {
    invested += other.invested;
    proceeds += other.proceeds;
    fees += other.fees;
    realized += other.realized;
    complete = complete && other.complete;
    return *this;
}

void PositionCount::add(CountedTrade const& trade) {
    if (trade.at != at_) settle_buys();
    at_ = trade.at;
    split_until(std::chrono::floor<std::chrono::days>(trade.at));
    if (trade.rate)
        money_.fees += (trade.fee * *trade.rate).round_to<40>();
    else
        money_.complete = false;
    if (trade.is_buy) {
        bought_ += trade.quantity;
        paid_ += trade.quantity * trade.price;
        pay(trade);
        return;
    }
    settle_buys();
    be_paid(trade);
    position_.quantity -= trade.quantity;
    oversold_ = oversold_ || position_.quantity < valuation::Quantity{};
    if (position_.quantity.is_zero()) position_.average = {};
}

CountedPosition PositionCount::end(Day today) {
    settle_buys();
    split_until(today);
    return position_;
}

valuation::Quantity PositionCount::held() {
    settle_buys();
    return position_.quantity;
}

/// All buys of one time are one sum, rounded once.
void PositionCount::settle_buys() {
    if (bought_.is_zero()) return;
    if (!first_) position_.first_purchase = std::chrono::floor<std::chrono::days>(*at_);
    first_ = true;
    auto const before = position_.quantity * position_.average;
    position_.quantity += std::exchange(bought_, {});
    position_.average =
        valuation::divide<12>(before + std::exchange(paid_, {}), position_.quantity);
}

void PositionCount::split_until(Day day) {
    for (; splits_ && next_ < splits_->size() && (*splits_)[next_].ex_date <= day; ++next_) {
        auto const& split = (*splits_)[next_];
        settle_buys();
        position_.quantity =
            valuation::proportion(position_.quantity, split.numerator, split.denominator);
        position_.average =
            position_.quantity.is_zero()
                ? valuation::Price{}
                : valuation::proportion(position_.average, split.denominator, split.numerator);
    }
}

void PositionCount::pay(CountedTrade const& trade) {
    cost_known_ = cost_known_ && trade.rate;
    if (!trade.rate) return;
    auto const paid = (trade.quantity * trade.price + trade.fee.round_to<24>()) * *trade.rate;
    money_.invested += paid;
    cost_ += paid;
}

/// A sale takes its share of the cost with it.
void PositionCount::be_paid(CountedTrade const& trade) {
    auto const all = position_.quantity <= trade.quantity;
    auto const share =
        all ? cost_ : valuation::proportion(cost_, trade.quantity, position_.quantity);
    if (trade.rate) {
        auto const received =
            (trade.quantity * trade.price - trade.fee.round_to<24>()) * *trade.rate;
        money_.proceeds += received;
        if (cost_known_) money_.realized += received - share;
    }
    cost_ -= share;
    if (all) cost_known_ = true; // nothing is left of what was bought without a rate
}

} // namespace portfoliod::service
