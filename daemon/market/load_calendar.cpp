#include "market/load_calendar.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::market {

namespace {

using std::chrono::minutes;

constexpr auto whole_day = std::chrono::hours{24};
constexpr std::string_view day_before = " the day before";

yaml::Node required(yaml::Node const& node, char const* key) {
    auto found = node.find(key);
    if (!found) node.fail(fmt::format("{} is missing", key));
    return *found;
}

date::time_zone const* load_zone(yaml::Node const& node) {
    try {
        return date::locate_zone(node.text());
    } catch (std::runtime_error const&) {
        node.fail(fmt::format("there is no time zone '{}'; it must be a name such as "
                              "America/New_York",
                              node.text()));
    }
}

std::size_t load_weekday(yaml::Node const& node) {
    auto const day = parse_weekday(node.text());
    if (!day) node.fail(fmt::format("must be a day such as monday, not '{}'", node.text()));
    return day->c_encoding();
}

std::array<bool, 7> load_weekdays(yaml::Node const& node) {
    std::array<bool, 7> week{};
    for (auto const& day : node.items()) week[load_weekday(day)] = true;
    if (std::ranges::count(week, true) == 0) node.fail("names no day");
    return week;
}

/// "09:30" … "24:00"
minutes load_time(yaml::Node const& node, std::string_view text) {
    auto const digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
        node.fail(fmt::format("must be a local time such as \"09:30\", not '{}'", node.text()));
    auto const time =
        minutes{((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0'};
    if (text[3] > '5' || time > whole_day)
        node.fail(fmt::format("there is no time of day '{}'", text));
    return time;
}

minutes load_time(yaml::Node const& node) { return load_time(node, node.text()); }

/// An opening may lie on the day before: "17:00 the day before".
minutes load_opening(yaml::Node const& node) {
    auto const text = node.text();
    if (!text.ends_with(day_before)) return load_time(node);
    auto const time = std::string_view{text}.substr(0, text.size() - day_before.size());
    return load_time(node, time) - whole_day;
}

Hours::Break load_break(yaml::Node const& node) {
    auto const times = node.items();
    if (times.size() != 2) node.fail("must be two times: [\"11:30\", \"12:30\"]");
    return {load_time(times[0]), load_time(times[1])};
}

Day load_day(yaml::Node const& node) {
    auto const day = parse_day(node.text());
    if (!day) node.fail(fmt::format("must be a date such as 2024-11-05, not '{}'", node.text()));
    return *day;
}

Hours load_hours(yaml::Node const& node) {
    node.allow_only({"from", "open", "close", "break"});
    Hours hours{{}, load_opening(required(node, "open")), load_time(required(node, "close"))};
    if (auto const from = node.find("from")) hours.from = load_day(*from);
    if (hours.close <= hours.open) node.fail("closes before it opens");
    if (hours.close - hours.open > whole_day) node.fail("is open for more than a day");
    if (auto const pause = node.find("break")) {
        hours.pause = load_break(*pause);
        if (hours.pause->start <= hours.open || hours.pause->end <= hours.pause->start ||
            hours.close <= hours.pause->end)
            pause->fail("must lie between open and close");
    }
    return hours;
}

std::vector<Hours> load_all_hours(yaml::Node const& node) {
    std::vector<Hours> all;
    for (auto const& one : node.items()) {
        auto const hours = load_hours(one);
        auto const dated = one.find("from").has_value();
        if (all.empty() && dated) one.fail("the first hours hold from ever on: leave out from");
        if (!all.empty() && (!dated || hours.from <= all.back().from))
            one.fail("needs a from later than that of the hours before it");
        all.push_back(hours);
    }
    if (all.empty()) node.fail("names no hours");
    return all;
}

int load_year(yaml::Node const& node) { return static_cast<int>(node.integer(1900, 2200)); }

Move load_move(yaml::Node const& node) {
    if (node.text() == "next free day") return {{}, true};
    auto const text = node.text();
    if (text.size() != 2 || (text[0] != '+' && text[0] != '-') || text[1] < '1' || text[1] > '6')
        node.fail(fmt::format("must be +1 … +6 or -1 … -6 days, or next free day, not '{}'", text));
    auto const count = text[1] - '0';
    return {std::chrono::days{text[0] == '+' ? count : -count}, false};
}

std::array<Move, 7> load_observed(yaml::Node const& node) {
    std::array<Move, 7> observed{};
    for (auto const& [name, to] : node.entries()) {
        auto const day = parse_weekday(name);
        if (!day) to.fail("the key must be a day such as saturday");
        observed[day->c_encoding()] = load_move(to);
    }
    return observed;
}

std::vector<DayRule> load_days(yaml::Node const& node) {
    auto const all = node.is_list() ? node.items() : std::vector{node};
    std::vector<DayRule> days;
    for (auto const& one : all) {
        auto const rule = parse_day_rule(one.text());
        if (!rule)
            one.fail(
                fmt::format("must be a day such as 12-25, 2018-12-05, third monday of january, "
                            "last monday of may, easter - 2 or equinox of march, not '{}'",
                            one.text()));
        days.push_back(*rule);
    }
    if (days.empty()) node.fail("names no day");
    return days;
}

/// What holidays and short days have in common; the keys are the caller's to allow.
Occasion load_occasion(yaml::Node const& node) {
    Occasion occasion;
    occasion.name = required(node, "name").text();
    occasion.days = load_days(required(node, "day"));
    if (auto const from = node.find("from")) occasion.from = load_year(*from);
    if (auto const until = node.find("until")) {
        occasion.until = load_year(*until);
        if (occasion.until < occasion.from) until->fail("lies before from");
    }
    if (auto const except = node.find("except"))
        for (auto const& year : except->items()) occasion.except.push_back(load_year(year));
    if (auto const only = node.find("only")) occasion.only = load_weekdays(*only);
    if (auto const observed = node.find("observed")) occasion.observed = load_observed(*observed);
    return occasion;
}

Occasion load_holiday(yaml::Node const& node) {
    node.allow_only({"name", "day", "from", "until", "except", "only", "observed"});
    return load_occasion(node);
}

ShortDay load_short_day(yaml::Node const& node) {
    node.allow_only(
        {"name", "day", "from", "until", "except", "only", "observed", "open", "close"});
    ShortDay day{load_occasion(node), {}, {}};
    if (auto const open = node.find("open")) day.open = load_opening(*open);
    if (auto const close = node.find("close")) day.close = load_time(*close);
    if (!day.open && !day.close) node.fail("needs an open or a close");
    return day;
}

/// A short day's hours must be hours under every regime it may fall into.
void check_short_day(yaml::Node const& node, ShortDay const& day, std::vector<Hours> const& all) {
    for (auto const& hours : all)
        if (day.close.value_or(hours.close) <= day.open.value_or(hours.open))
            node.fail("closes before it opens");
}

int load_between(yaml::Node const& node) {
    node.allow_only({"from"});
    return load_year(required(node, "from"));
}

} // namespace

Calendar load_calendar(yaml::Node const& root, std::string name) {
    root.allow_only(
        {"about", "zone", "days", "hours", "holidays", "between_holidays", "short_days"});
    CalendarRules rules;
    rules.name = std::move(name);
    if (auto const about = root.find("about")) rules.about = about->text();
    rules.zone = load_zone(required(root, "zone"));
    if (auto const days = root.find("days")) rules.week = load_weekdays(*days);
    rules.hours = load_all_hours(required(root, "hours"));
    if (auto const holidays = root.find("holidays"))
        for (auto const& one : holidays->items()) rules.holidays.push_back(load_holiday(one));
    if (auto const between = root.find("between_holidays"))
        rules.between_holidays_from = load_between(*between);
    if (auto const days = root.find("short_days"))
        for (auto const& one : days->items()) {
            rules.short_days.push_back(load_short_day(one));
            check_short_day(one, rules.short_days.back(), rules.hours);
        }
    return Calendar{std::move(rules)};
}

Calendar load_calendar(std::filesystem::path const& file) {
    return load_calendar(yaml::Node::load(file), file.stem().string());
}

} // namespace portfoliod::market
