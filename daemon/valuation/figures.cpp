#include "valuation/figures.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace portfoliod::valuation {

namespace {

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
    auto const too_old = [today](Day day) { return today - day > fresh_for; };
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

/// Nothing only because a column cannot hold it, unless `none` is true.
void add_percentage(Figures& figures, std::optional<Percent> Figures::* figure,
                    std::optional<Percent> const& result, bool none) {
    figures.*figure = result;
    figures.percentage_too_large |= !result && !none;
}

void add_change(Figures& figures, std::optional<Percent> Figures::* figure,
                std::optional<Index> const& now, std::optional<Index> const& then) {
    add_percentage(figures, figure, change(now, then), then && then->is_zero());
}

void add_returns(Figures& figures, Ledger const& ledger, Day today, History const& history) {
    auto const flows = ledger.flows_after(today - std::chrono::days{1});
    auto const now = chained(history.yesterday, flows, figures.value, true);
    add_change(figures, &Figures::day_change_pct, now, history.yesterday.index);
    add_change(figures, &Figures::week_change_pct, now, history.week);
    add_change(figures, &Figures::month_change_pct, now, history.month);
    add_change(figures, &Figures::year_change_pct, now, history.year);
    add_change(figures, &Figures::twr_pct, now, DayBefore::one());
}

void add_percentages(Figures& figures, Valued const& sums, Totals const& totals) {
    add_percentage(figures, &Figures::priced_share_pct, percentage(sums.by_close, sums.absolute),
                   sums.absolute.is_zero());
    auto const gain = sums.value + totals.proceeds - totals.invested;
    add_percentage(figures, &Figures::total_return_pct, percentage(gain, totals.invested),
                   totals.invested.is_zero());
}

Figures rounded(Valued const& sums, Totals const& totals) {
    Figures figures;
    figures.value = sums.value;
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

Cents amount(char const* figure, Money const& exact) {
    // The first that would round to 10^16.
    static auto const column_end = Money::parse("9999999999999999.995");
    if (magnitude(exact) >= column_end) throw AmountTooLarge(figure, exact);
    return exact.round_to<2>();
}

Figures current_figures(std::span<Holding const> holdings, Ledger const& ledger, Day today,
                        History const* history) try {
    auto figures = rounded(valued(holdings, ledger, today), ledger.totals);
    // Without trades there is nothing a return could be of, nor a snapshot that could be behind.
    if (figures.status == Status::incomplete || ledger.positions.empty()) return figures;
    figures.xirr_pct = xirr(ledger.flows, figures.value, today);
    if (history)
        add_returns(figures, ledger, today, *history);
    else
        figures.status = Status::estimated;
    return figures;
} catch (std::overflow_error const&) {

    throw beyond_all_bounds();
}

} // namespace portfoliod::valuation
