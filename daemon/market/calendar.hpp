#pragma once

#include "base/time.hpp"
#include "market/day_rule.hpp"

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace date {
class time_zone;
}

namespace portfoliod::market {

/// Where a day goes when it falls on some weekday.
struct Move {
    std::chrono::days by{0};
    bool to_free_day = false; ///< instead: to the next day that is no holiday itself
};

/// Days with a name: by a rule, in certain years.
struct Occasion {
    std::string name;
    std::vector<DayRule> days;
    int from = 0; ///< first and last year
    int until = 9999;
    std::vector<int> except;
    std::array<Move, 7> observed{}; ///< by weekday, Sunday first
    std::array<bool, 7> only{true, true, true, true, true, true, true}; ///< the others do not count
};

/// Times of day, local. The opening may lie on the day before (negative), the close at the end of the day (24 h).
struct Hours {
    Day from{}; ///< the first day on which they hold
    std::chrono::minutes open;
    std::chrono::minutes close;

    struct Break {
        std::chrono::minutes start;
        std::chrono::minutes end;
    };

    std::optional<Break> pause = {};
};

/// A day that opens later or closes earlier than others.
struct ShortDay {
    Occasion when;
    std::optional<std::chrono::minutes> open;
    std::optional<std::chrono::minutes> close;
};

/// What a calendar file says.
struct CalendarRules {
    std::string name;
    std::string about;
    date::time_zone const* zone = nullptr;
    std::array<bool, 7> week{false, true, true, true, true, true, false}; ///< Sunday first
    std::vector<Hours> hours; ///< at least one, oldest first
    std::vector<Occasion> holidays;
    /// From this year on a day between two holidays is one too.
    std::optional<int> between_holidays_from;
    std::vector<ShortDay> short_days;
};

/// A day of trading. The break belongs to it, although nothing is traded then.
struct Session {
    Day date; ///< the exchange's; prices are labelled with it
    Instant open;
    Instant close;

    struct Break {
        Instant start;
        Instant end;
    };

    std::optional<Break> pause = {};
};

/// When an exchange trades. Pure and immutable: the time is handed in. Holidays are known for the years 1970 to
/// 2100; outside them every day of the week's trading days counts as one.
class Calendar {
  public:
    explicit Calendar(CalendarRules rules);

    [[nodiscard]] std::string const& name() const { return rules_.name; }

    [[nodiscard]] std::string const& about() const { return rules_.about; }

    /// Nothing when nothing is traded on that day.
    [[nodiscard]] std::optional<Session> session(Day date) const;
    /// An opening belongs to the session, a close does not.
    [[nodiscard]] bool is_open(Instant at) const;
    /// The first instant from `at` on at which it is open: `at` itself, an opening, or the end of a break. Nothing
    /// when there is none within a year.
    [[nodiscard]] std::optional<Instant> next_open(Instant at) const;
    /// The end of the session that goes on at `at`, break or not; nothing when none does.
    [[nodiscard]] std::optional<Instant> closes_at(Instant at) const;
    /// The end of the latest session that was over by then (a close counts as over). Nothing when there was none within a year.
    [[nodiscard]] std::optional<Instant> last_close(Instant at) const;

  private:
    [[nodiscard]] Day local_day(Instant at) const;
    [[nodiscard]] Instant at_local(Day date, std::chrono::minutes time) const;
    [[nodiscard]] std::optional<Session> session_around(Instant at) const;
    [[nodiscard]] Hours const& hours(Day date) const;

    CalendarRules rules_;
    std::vector<Day> holidays_; ///< sorted
    std::map<Day, Hours> short_days_;
};

} // namespace portfoliod::market
