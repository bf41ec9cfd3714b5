#include "market/calendar.hpp"

#include <date/tz.h>

#include <algorithm>
#include <set>

namespace portfoliod::market {

namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::year;

constexpr int first_year = 1970;
constexpr int last_year = 2100;
constexpr int search_days_max = 366;

unsigned weekday_of(Day day) { return std::chrono::weekday{day}.c_encoding(); }

int year_of(Day day) { return static_cast<int>(std::chrono::year_month_day{day}.year()); }

/// As the rules name them, wherever they fall.
std::vector<Day> days_of(Occasion const& occasion) {
    std::vector<Day> found;
    auto const last = std::min(occasion.until, last_year);
    for (auto y = std::max(occasion.from, first_year); y <= last; ++y) {
        if (std::ranges::find(occasion.except, y) != occasion.except.end()) continue;
        for (auto const& rule : occasion.days)
            if (auto const day = day_of(rule, year{y}); day && occasion.only[weekday_of(*day)])
                found.push_back(*day);
    }
    return found;
}

Day moved(Day day, Move move, std::set<Day> const& holidays) {
    if (!move.to_free_day) return day + move.by;
    while (holidays.contains(day)) day += days{1};
    return day;
}

/// Every day between two holidays, as they fall and not as they are observed.
void add_between(std::set<Day>& holidays, int from) {
    auto const as_they_fall = holidays;
    for (auto const day : as_they_fall)
        if (as_they_fall.contains(day + days{2}) && year_of(day) >= from)
            holidays.insert(day + days{1});
}

std::vector<Day> holidays_of(CalendarRules const& rules) {
    std::set<Day> fall;
    for (auto const& occasion : rules.holidays)
        for (auto const day : days_of(occasion)) fall.insert(day);
    if (rules.between_holidays_from) add_between(fall, *rules.between_holidays_from);
    auto closed = fall;
    for (auto const& occasion : rules.holidays)
        for (auto const day : days_of(occasion))
            closed.insert(moved(day, occasion.observed[weekday_of(day)], fall));
    return {closed.begin(), closed.end()};
}

bool inside(Session const& session, Instant at) {
    if (at < session.open || at >= session.close) return false;
    return !session.pause || at < session.pause->start || at >= session.pause->end;
}

} // namespace

Calendar::Calendar(CalendarRules rules) : rules_(std::move(rules)), holidays_(holidays_of(rules_)) {
    for (auto const& one : rules_.short_days)
        for (auto const day : days_of(one.when)) {
            auto const on = moved(day, one.when.observed[weekday_of(day)], {});
            auto special = hours(on);
            if (one.open) special.open = *one.open;
            if (one.close) special.close = *one.close;
            if (special.pause && special.close <= special.pause->end) special.pause.reset();
            short_days_.insert_or_assign(on, special);
        }
}

Hours const& Calendar::hours(Day date) const {
    auto const special = short_days_.find(date);
    if (special != short_days_.end()) return special->second;
    auto const later = std::ranges::find_if(rules_.hours.begin() + 1, rules_.hours.end(),
                                            [&](auto const& one) { return date < one.from; });
    return *(later - 1);
}

Instant Calendar::at_local(Day date, minutes time) const {
    // A time that the clocks skip is the moment of the change, one that comes twice the first.
    auto const local = date::local_time<minutes>{date.time_since_epoch() + time};
    return Instant{rules_.zone->to_sys(local, date::choose::earliest).time_since_epoch()};
}

Day Calendar::local_day(Instant at) const {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(
        date::sys_time<std::chrono::microseconds>{at.time_since_epoch()});
    return std::chrono::floor<days>(at + rules_.zone->get_info(seconds).offset);
}

std::optional<Session> Calendar::session(Day date) const {
    if (!rules_.week[weekday_of(date)] || std::ranges::binary_search(holidays_, date))
        return std::nullopt;
    auto const& times = hours(date);
    Session session{date, at_local(date, times.open), at_local(date, times.close)};
    if (times.pause)
        session.pause = {at_local(date, times.pause->start), at_local(date, times.pause->end)};
    return session;
}

/// The session that goes on at that moment: its local day's, or the next one's, which may open the day before.
std::optional<Session> Calendar::session_around(Instant at) const {
    auto const today = local_day(at);
    for (auto const date : {today, today + days{1}}) {
        auto const found = session(date);
        if (found && found->open <= at && at < found->close) return found;
    }
    return std::nullopt;
}

bool Calendar::is_open(Instant at) const {
    auto const found = session_around(at);
    return found && inside(*found, at);
}

std::optional<Instant> Calendar::next_open(Instant at) const {
    auto const today = local_day(at);
    for (auto date = today; date < today + days{search_days_max}; date += days{1}) {
        auto const found = session(date);
        if (!found || found->close <= at) continue;
        if (found->open > at) return found->open;
        return inside(*found, at) ? at : found->pause->end;
    }
    return std::nullopt;
}

std::optional<Instant> Calendar::closes_at(Instant at) const {
    auto const found = session_around(at);
    if (!found) return std::nullopt;
    return found->close;
}

std::optional<Instant> Calendar::last_close(Instant at) const {
    auto const today = local_day(at);
    for (auto date = today; date > today - days{search_days_max}; date -= days{1}) {
        auto const found = session(date);
        if (found && found->close <= at) return found->close;
    }
    return std::nullopt;
}

} // namespace portfoliod::market
