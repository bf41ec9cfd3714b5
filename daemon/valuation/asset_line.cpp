#include "valuation/asset_line.hpp"

namespace portfoliod::valuation {

namespace {

using units::Vast;
using units::Wide;

bool overlap(std::vector<DayRange> const& ranges, Day first, Day last) {
    return std::ranges::any_of(
        ranges, [=](DayRange const& range) { return range.first <= last && first <= range.last; });
}

bool too_old(Day stated, Day day) { return day - stated > fresh_for; }

void reduce(Wide& one, Wide& other) {
    Wide const common = gcd(one, other);
    one /= common;
    other /= common;
}

Wide quotient(Wide const& dividend, Wide const& divisor) {
    if (divisor == 1) return dividend;
    return Wide{units::rounded_quotient(Vast{dividend}, Vast{divisor})};
}

} // namespace

CurrencyLine CurrencyLine::usd() {
    CurrencyLine line;
    line.rate_ = LatestRate::usd().rate;
    return line;
}

CurrencyLine::CurrencyLine(CurrencySeries const& series)
    : rates_(series.rates), awaited_(&series.pending) {}

void CurrencyLine::advance(Day day) {
    if (!rates_) return;
    changed_ = rates_->advance(day);
    auto const* const dated = rates_->current();
    if (!dated) return;
    if (changed_) rate_ = dated->rate;
    pending_ = overlap(*awaited_, dated->day, day);
    stale_ = too_old(dated->day, day);
}

SplitFactor& SplitFactor::operator*=(Split const& split) {
    Wide above{split.numerator.units()};
    Wide below{split.denominator.units()};
    reduce(above, below);
    reduce(above, denominator);
    reduce(numerator, below);
    numerator *= above;
    denominator *= below;
    return *this;
}

Trust& Trust::operator|=(Trust const& other) {
    lacks_rate |= other.lacks_rate;
    estimated |= other.estimated;
    stale |= other.stale;
    return *this;
}

AssetLine::AssetLine(int asset_id, Splits const& effective, AssetSeries const& series,
                     CurrencyLine const* currency)
    : ahead_(effective, asset_id)
    , currency_(currency)
    , awaited_(&series.pending)
    , closes_(series.closes) {
    position_.asset_id = asset_id;
}

void AssetLine::open(Checkpoint const& opening) {
    position_.held = opening.position.held;
    position_.last_trade_price = opening.position.last_trade_price;
    position_.cost_known = false;
    ahead_.skip_until(std::chrono::floor<std::chrono::days>(opening.through));
}

void AssetLine::book(Trade const& trade) {
    split_until(day_of(trade));
    if (trade.side == Side::buy)
        position_.buy(trade.quantity, std::nullopt);
    else
        position_.sell(trade.quantity);
    position_.traded_at(trade.price);
    changed_ = true;
}

void AssetLine::split_until(Day day) {
    if (ahead_.apply_until(day, position_)) changed_ = true;
}

Trust AssetLine::value(Day day, DayPosition& position) {
    auto const new_close = closes_.advance(day);
    auto const new_rate = currency_ && currency_->changed();
    if (changed_) note_position(position);
    if (changed_ || new_close) note_price(position);
    if (changed_ || new_close || new_rate) {
        position.rate = currency_ ? currency_->rate() : std::nullopt;
        position.value = worth(position);
    }
    changed_ = false;
    return trust(day);
}

void AssetLine::note_position(DayPosition& position) {
    SplitFactor factor;
    for (auto const* split : ahead_) factor *= *split;
    position.asset_id = position_.asset_id;
    position.quantity = position_.held;
    position.split_factor = SplitTerm::from_units(units::narrowed(units::rounded_quotient(
        Vast{factor.numerator} * Vast{units::power_of_ten(12)}, Vast{factor.denominator})));
    in_todays_shares_ = factor.numerator * Wide{position_.held.units()};
    denominator_ = factor.denominator;
}

void AssetLine::note_price(DayPosition& position) const {
    if (auto const* const close = closes_.current()) {
        position.price = close->price;
        position.price_day = close->day;
        return;
    }
    position.price_day.reset();
    position.price = position_.last_trade_price.value_or(Price{});
    for (auto const* split : ahead_)
        position.price = proportion(position.price, split->denominator, split->numerator);
}

/// A trade's price is of shares of its time, so that no split comes in, nor its rounding.
std::optional<Money> AssetLine::worth(DayPosition const& position) const {
    if (!position.rate) return std::nullopt;
    if (!position.price_day)
        return position_.held * position_.last_trade_price.value_or(Price{}) * *position.rate;
    auto product = in_todays_shares_;
    product *= Wide{position.price.units()};
    product *= Wide{position.rate->units()};
    return Money::from_units(quotient(product, denominator_));
}

Trust AssetLine::trust(Day day) const {
    auto const* const close = closes_.current();
    Trust trust;
    trust.lacks_rate = !currency_ || !currency_->rate();
    trust.estimated = !close || close->provisional || overlap(*awaited_, close->day, day) ||
                      (currency_ && currency_->pending());
    trust.stale = (close && too_old(close->day, day)) || (currency_ && currency_->stale());
    return trust;
}

} // namespace portfoliod::valuation
