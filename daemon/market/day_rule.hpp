#pragma once

#include "base/time.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>

/// Which day of a year a calendar file's words name.
namespace portfoliod::market {

/// Easter Sunday of the Western churches.
struct Easter {};

/// The day, in Japan, on which the sun crosses the equator: in March or in September. Right from 1980 to 2099.
struct Equinox {
    bool march;
};

/// `day` of one year, or of every year.
struct DayRule {
    std::variant<Day, std::chrono::month_day, std::chrono::month_weekday,
                 std::chrono::month_weekday_last, Easter, Equinox>
        day;
    std::chrono::days later{0}; ///< and so many days after that; may be negative
};

/// "2018-12-05", "12-25", "third monday of january", "last monday of may", "easter", "equinox of march", each also with
/// "+ 1" or "- 2" days after it; nothing when it is none of these or never exists.
std::optional<DayRule> parse_day_rule(std::string_view text);

/// Nothing when that year has no such day (a fifth Monday, February 29, another year's date).
std::optional<Day> day_of(DayRule const& rule, std::chrono::year year);

/// "monday" … "sunday"
std::optional<std::chrono::weekday> parse_weekday(std::string_view text);

} // namespace portfoliod::market
