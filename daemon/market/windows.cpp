#include "market/windows.hpp"

#include <algorithm>

namespace portfoliod::market {

namespace {

Day last_of_window(Day first, Window const& window, int pad_days, Day last) {
    if (auto const* const days = std::get_if<int>(&window))
        return first + std::chrono::days{std::max(1, *days - 2 * pad_days) - 1};
    if (std::holds_alternative<CalendarYear>(window)) {
        auto const year = std::chrono::year_month_day{first}.year();
        return Day{year / std::chrono::December / 31};
    }
    return last;
}

} // namespace

std::vector<DayRange> windows(DayRange range, Window const& window, int pad_days) {
    std::vector<DayRange> parts;
    for (auto first = range.first; first <= range.last;) {
        auto const last = std::min(range.last, last_of_window(first, window, pad_days, range.last));
        parts.push_back({first, last});
        first = last + std::chrono::days{1};
    }
    return parts;
}

} // namespace portfoliod::market
