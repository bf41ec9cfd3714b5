#include "valuation/returns.hpp"

namespace portfoliod::valuation {

std::optional<Index> chained(DayBefore const& before, DayFlows const& flows, Money const& end,
                             bool end_complete) {
    if (!before.index || !before.complete || !flows.complete || !end_complete) return before.index;
    auto const at_start = before.value + flows.inflow;
    if (at_start.is_zero()) return before.index;
    auto const at_end = end + flows.outflow;
    units::Vast const grown =
        units::rounded_quotient(units::Vast{before.index->units()} * units::Vast{at_end.units()},
                                units::Vast{at_start.units()});
    static units::Vast const column_end{units::power_of_ten(24)}; // NUMERIC(24,12)
    if (abs(grown) >= column_end) return std::nullopt;
    return Index::from_units(units::narrowed(grown));
}

std::optional<Percent> percentage(Money const& part, Money const& whole) {
    // The first that would round to 10^10, asked by multiplying: the quotient may fit nowhere.
    static auto const column_end = Fixed<5>::parse("9999999999.99995");
    static auto const hundred = Fixed<5>::parse("100");
    if (whole.is_zero() || magnitude(part) * hundred >= magnitude(whole) * column_end)
        return std::nullopt;
    return divide<4>(part * hundred, whole);
}

std::optional<Percent> change(std::optional<Index> const& now, std::optional<Index> const& then) {
    if (!now || !then) return std::nullopt;
    return percentage((*now - *then).round_to<40>(), then->round_to<40>());
}

Day months_before(Day day, int months) {
    std::chrono::year_month_day const date{day};
    auto const month =
        std::chrono::year_month{date.year(), date.month()} - std::chrono::months{months};
    auto const last =
        std::chrono::year_month_day_last{month.year(), {month.month() / std::chrono::last}};
    return std::chrono::year_month_day{month.year(), month.month(),
                                       std::min(date.day(), last.day())};
}

} // namespace portfoliod::valuation
