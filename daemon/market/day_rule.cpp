#include "market/day_rule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace portfoliod::market {

namespace {

using std::chrono::month;
using std::chrono::weekday;
using std::chrono::year;

constexpr std::array<std::string_view, 7> weekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> months = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 5> ordinals = {"first", "second", "third", "fourth",
                                                      "fifth"};

template <std::size_t Size>
std::optional<unsigned> position(std::array<std::string_view, Size> const& words,
                                 std::string_view word) {
    auto const found = std::ranges::find(words, word);
    if (found == words.end()) return std::nullopt;
    return static_cast<unsigned>(found - words.begin());
}

std::optional<month> parse_month(std::string_view text) {
    auto const at = position(months, text);
    if (!at) return std::nullopt;
    return month{*at + 1};
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

/// Takes "+ 1" or "- 2" off the end; nothing when what stands there is no number of days.
std::optional<std::chrono::days> take_later(std::vector<std::string_view>& words) {
    if (words.size() < 3) return std::chrono::days{0};
    auto const sign = words[words.size() - 2];
    if (sign != "+" && sign != "-") return std::chrono::days{0};
    auto const digits = words.back();
    int count = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc{} || end != digits.data() + digits.size() || count < 1 || count > 100)
        return std::nullopt;
    words.resize(words.size() - 2);
    return std::chrono::days{sign == "+" ? count : -count};
}

/// "12-25", also "02-29"
std::optional<std::chrono::month_day> parse_month_day(std::string_view text) {
    constexpr auto leap_year = "2000-";
    auto const day = parse_day(leap_year + std::string{text});
    if (!day) return std::nullopt;
    auto const date = std::chrono::year_month_day{*day};
    return date.month() / date.day();
}

/// Which one of a month, and of which month: {"third", "monday", "of", "january"}
std::optional<DayRule> parse_weekday_of_month(std::vector<std::string_view> const& words) {
    if (words.size() != 4 || words[2] != "of") return std::nullopt;
    auto const day = parse_weekday(words[1]);
    auto const in = parse_month(words[3]);
    if (!day || !in) return std::nullopt;
    if (words[0] == "last") return DayRule{*in / (*day)[std::chrono::last]};
    auto const nth = position(ordinals, words[0]);
    if (!nth) return std::nullopt;
    return DayRule{*in / (*day)[*nth + 1]};
}

/// The anonymous Gregorian algorithm (Nature, 20 April 1876; Meeus, Astronomical Algorithms, chapter 8).
Day easter(int y) {
    auto const a = y % 19;
    auto const b = y / 100;
    auto const c = y % 100;
    auto const f = (b + 8) / 25;
    auto const g = (b - f + 1) / 3;
    auto const h = (19 * a + b - b / 4 - g + 15) % 30;
    auto const l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    auto const m = (a + 11 * h + 22 * l) / 451;
    auto const n = h + l - 7 * m + 114;
    return Day{year{y} / (n / 31) / (n % 31 + 1)};
}

/// The approximation of Japan's Hydrographic Department for 1980 to 2099 (Shinkoyomi Benricho).
Day equinox(Equinox which, int y) {
    auto const since = y - 1980;
    auto const leap_days = static_cast<int>(std::floor(since / 4.0));
    auto const day = std::floor((which.march ? 20.8431 : 23.2488) + 0.242194 * since) - leap_days;
    return Day{year{y} / (which.march ? 3 : 9) / static_cast<int>(day)};
}

/// The day without `later`.
struct DayIn {
    year in;

    std::optional<Day> operator()(Day day) const {
        if (std::chrono::year_month_day{day}.year() != in) return std::nullopt;
        return day;
    }

    std::optional<Day> operator()(std::chrono::month_day day) const {
        auto const date = in / day;
        if (!date.ok()) return std::nullopt;
        return Day{date};
    }

    std::optional<Day> operator()(std::chrono::month_weekday day) const {
        auto const date = in / day;
        if (!date.ok()) return std::nullopt;
        return Day{date};
    }

    std::optional<Day> operator()(std::chrono::month_weekday_last day) const {
        return Day{in / day};
    }

    std::optional<Day> operator()(Easter) const { return easter(static_cast<int>(in)); }

    std::optional<Day> operator()(Equinox which) const {
        return equinox(which, static_cast<int>(in));
    }
};

} // namespace

std::optional<weekday> parse_weekday(std::string_view text) {
    auto const at = position(weekdays, text);
    if (!at) return std::nullopt;
    return weekday{*at};
}

std::optional<DayRule> parse_day_rule(std::string_view text) {
    auto words = split(text);
    auto const later = take_later(words);
    if (!later) return std::nullopt;
    std::optional<DayRule> rule;
    if (words.size() == 1) {
        if (auto const date = parse_day(words[0]))
            rule = DayRule{*date};
        else if (auto const every_year = parse_month_day(words[0]))
            rule = DayRule{*every_year};
        else if (words[0] == "easter")
            rule = DayRule{Easter{}};
    } else if (words.size() == 3 && words[0] == "equinox" && words[1] == "of") {
        if (words[2] == "march" || words[2] == "september")
            rule = DayRule{Equinox{words[2] == "march"}};
    } else {
        rule = parse_weekday_of_month(words);
    }
    if (rule) rule->later = *later;
    return rule;
}

std::optional<Day> day_of(DayRule const& rule, year year) {
    auto const day = std::visit(DayIn{year}, rule.day);
    if (!day) return std::nullopt;
    return *day + rule.later;
}

} // namespace portfoliod::market
