#pragma once

#include "base/time.hpp"
#include "valuation/figures.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Short ways to write portfolios down in tests.
namespace portfoliod::valuation::test {

inline Day day(std::string_view text) {
    auto const parsed = parse_day(text);
    if (!parsed) throw std::invalid_argument(std::string{text});
    return *parsed;
}

/// "2024-03-01" or "2024-03-01 10:00:00"
inline Instant at(std::string_view text) {
    if (text.size() == 10) return Instant{day(text)};
    auto const parsed = parse_instant(text);
    if (!parsed) throw std::invalid_argument(std::string{text});
    return *parsed;
}

inline std::optional<Rate> rate(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional{Rate::parse(text)};
}

/// A rate of "" is none known.
struct Terms {
    Terms(std::string_view quantity, std::string_view price, std::string_view fee = "0",
          std::string_view rate = "1", int asset_id = 1)
        : quantity(quantity), price(price), fee(fee), rate(rate), asset_id(asset_id) {}

    std::string_view quantity;
    std::string_view price;
    std::string_view fee;
    std::string_view rate;
    int asset_id;
};

inline Trade trade(Side side, std::string_view when, Terms const& terms) {
    return {.asset_id = terms.asset_id,
            .timestamp = at(when),
            .side = side,
            .quantity = Quantity::parse(terms.quantity),
            .price = Price::parse(terms.price),
            .fee = Price::parse(terms.fee),
            .rate = rate(terms.rate)};
}

inline Trade buy(std::string_view when, Terms const& terms) {
    return trade(Side::buy, when, terms);
}

inline Trade sell(std::string_view when, Terms const& terms) {
    return trade(Side::sell, when, terms);
}

inline Split split(std::string_view ex_date, std::string_view numerator,
                   std::string_view denominator, int asset_id = 1) {
    return {.asset_id = asset_id,
            .ex_date = day(ex_date),
            .numerator = SplitTerm::parse(numerator),
            .denominator = SplitTerm::parse(denominator)};
}

inline Close close(std::string_view price, std::string_view when) {
    return {.price = Price::parse(price), .day = day(when)};
}

/// Held in USD.
inline Holding holding(std::string_view quantity, std::optional<Close> close = {},
                       int asset_id = 1) {
    return {.asset_id = asset_id,
            .quantity = Quantity::parse(quantity),
            .close = close,
            .rate = LatestRate::usd()};
}

/// Held in another currency.
inline Holding foreign(Holding holding, std::string_view rate, std::string_view when) {
    holding.rate = LatestRate{.rate = Rate::parse(rate), .day = day(when)};
    return holding;
}

/// As if there had been nothing before today.
inline Figures figures_of(std::vector<Holding> const& holdings, std::vector<Trade> const& trades,
                          std::vector<Split> const& splits, Day today) {
    History const history{.yesterday = {},
                          .week = DayBefore::one(),
                          .month = DayBefore::one(),
                          .year = DayBefore::one()};
    return current_figures(holdings, replay(trades, splits, today), today, &history);
}

template <int Scale>
std::string text(std::optional<Fixed<Scale>> const& value) {
    return value ? value->to_text() : "undefined";
}

/// An amount without the zeros at its end, as one would write it.
inline std::string plain(std::optional<Money> const& amount) {
    if (!amount) return "unknown";
    auto digits = amount->to_text();
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.pop_back();
    return digits;
}

} // namespace portfoliod::valuation::test
