#include "valuation/figures.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace portfoliod::valuation {

namespace {

constexpr auto longest_weekend =
    std::chrono::days{7}; ///< older than that, a close or a rate is stale

/// Sums over the holdings, in USD.
struct Valued {
    Money value;
    Money unrealized;
    Money by_close; ///< Σ |value| resting on closes
    Money absolute; ///< Σ |value|
    bool lacks_rate = false;
    bool estimated = false;
    bool stale = false;
};

struct PriceUsed {
    Price price;
    bool is_close = false;
};

PriceUsed price_of(Holding const& holding, Position const* position) {
    if (holding.close) return {.price = holding.close->price, .is_close = true};
    auto const traded = position ? position->last_trade_price : std::nullopt;
    return {.price = traded.value_or(Price{}), .is_close = false};
}

bool is_estimated(Holding const& holding) {
    return !holding.close || holding.close->provisional || holding.history_pending;
}

bool is_stale(Holding const& holding, Day today) {
    auto const too_old = [today](Day day) { return today - day > longest_weekend; };
    return (holding.close && too_old(holding.close->day)) ||
           (holding.rate && holding.rate->day && too_old(*holding.rate->day));
}

/// A gain needs both its sides: a holding whose value or cost is unknown adds nothing.
void add_gain(Valued& sums, std::optional<Money> const& value, Position const* position) {
    auto const cost = position ? position->cost() : Money{};
    if (value && cost) sums.unrealized += *value - *cost;
}

void add_held(Valued& sums, Holding const& holding, Position const* position, Day today) {
    sums.estimated |= is_estimated(holding);
    sums.stale |= is_stale(holding, today);
    if (!holding.rate) {
        sums.lacks_rate = true;
        return;
    }
    auto const used = price_of(holding, position);
    auto const value = holding.quantity * used.price * holding.rate->rate;
    sums.value += value;
    sums.absolute += magnitude(value);
    if (used.is_close) sums.by_close += magnitude(value);
    add_gain(sums, value, position);
}

Valued valued(std::span<Holding const> holdings, Ledger const& ledger, Day today) {
    Valued sums;
    for (auto const& holding : holdings) {
        auto const* position = ledger.find(holding.asset_id);
        if (holding.quantity.is_zero()) {
            sums.estimated |= holding.history_pending; // of the rates of its trades
            add_gain(sums, Money{}, position);
        } else {
            add_held(sums, holding, position, today);
        }
    }
    return sums;
}

Status status_of(Valued const& sums, Totals const& totals) {
    if (sums.lacks_rate || !totals.complete) return Status::incomplete;
    if (sums.estimated) return Status::estimated;
    return sums.stale ? Status::stale : Status::final;
}

/// The first amount that would round to 10^16, which DECIMAL(18,2) cannot hold.
Money const& amount_end() {
    static auto const end = Money::parse("9999999999999999.995");
    return end;
}

Cents amount(char const* figure, Money const& exact) {
    if (magnitude(exact) >= amount_end()) throw AmountTooLarge(figure, exact);
    return exact.round_to<2>();
}

/// part / whole × 100 > 9,999,999,999.9999 once rounded, so that NUMERIC(14,4) cannot hold it.
/// Asked by multiplying: the quotient itself may fit nowhere.
bool beyond_percent(Money const& part, Money const& whole) {
    static auto const end = Fixed<5>::parse("9999999999.99995");
    static auto const hundred = Fixed<5>::parse("100");
    return magnitude(part) * hundred >= magnitude(whole) * end;
}

Percent percent(Money const& part, Money const& whole) {
    static auto const hundred = Fixed<0>::parse("100");
    return divide<4>(part * hundred, whole);
}

void add_percentages(Figures& figures, Valued const& sums, Totals const& totals) {
    if (!sums.absolute.is_zero()) figures.priced_share_pct = percent(sums.by_close, sums.absolute);
    if (totals.invested.is_zero()) return;
    auto const gain = sums.value + totals.proceeds - totals.invested;
    figures.percentage_too_large = beyond_percent(gain, totals.invested);
    if (!figures.percentage_too_large) figures.total_return_pct = percent(gain, totals.invested);
}

Figures rounded(Valued const& sums, Totals const& totals) {
    Figures figures;
    figures.current_value_usd = amount("current_value_usd", sums.value);
    figures.total_invested_usd = amount("total_invested_usd", totals.invested);
    figures.realized_gain_usd = amount("realized_gain_usd", totals.realized);
    figures.unrealized_gain_usd = amount("unrealized_gain_usd", sums.unrealized);
    figures.fees_usd = amount("fees_usd", totals.fees);
    figures.status = status_of(sums, totals);
    if (figures.status != Status::incomplete) add_percentages(figures, sums, totals);
    return figures;
}

} // namespace

char const* to_text(Status status) {
    switch (status) {
    case Status::incomplete:
        return "incomplete";
    case Status::estimated:
        return "estimated";
    case Status::stale:
        return "stale";
    case Status::final:
        return "final";
    }
    return "";
}

AmountTooLarge::AmountTooLarge(std::string figure, Money const& amount)
    : CannotValue(fmt::format(
          "{} would be {} and fits no numeric(18,2): look for a mistyped quantity, price or rate",
          figure, amount.to_text()))
    , figure_(std::move(figure)) {}

Figures current_figures(std::span<Holding const> holdings, Ledger const& ledger, Day today) {
    try {
        return rounded(valued(holdings, ledger, today), ledger.totals);
    } catch (std::overflow_error const&) {
        throw beyond_all_bounds();
    }
}

} // namespace portfoliod::valuation
