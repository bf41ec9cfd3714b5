#include "schedule/trading.hpp"

#include <algorithm>

namespace portfoliod::schedule {

Trading trading_at(market::Calendar const& calendar, Instant now) {
    Trading trading{calendar.is_open(now), calendar.last_close(now), {}};
    if (trading.final_at) *trading.final_at += settling;
    trading.changes_at = trading.open ? calendar.closes_at(now) : calendar.next_open(now);
    auto const settles = !trading.open && trading.final_at && *trading.final_at > now;
    if (settles && (!trading.changes_at || *trading.final_at < *trading.changes_at))
        trading.changes_at = trading.final_at;
    return trading;
}

bool refresh_due(std::vector<Trading> const& held, std::optional<Instant> last_refresh,
                 Instant now) {
    return std::ranges::any_of(held, [&](Trading const& one) {
        if (one.open || !last_refresh || *last_refresh > now) return true;
        return one.final_at && *one.final_at <= now && *last_refresh < *one.final_at;
    });
}

} // namespace portfoliod::schedule
