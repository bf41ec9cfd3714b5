#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace portfoliod {

/// A point in time, UTC, as precise as PostgreSQL's timestamp.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// A calendar day. For a price: its trading date in the exchange's calendar; elsewhere a UTC day.
using Day = std::chrono::sys_days;

/// Days first … last, both included; never empty.
struct DayRange {
    Day first;
    Day last;

    friend bool operator==(DayRange const&, DayRange const&) = default;

    [[nodiscard]] bool contains(Day day) const { return first <= day && day <= last; }

    [[nodiscard]] int days() const { return static_cast<int>((last - first).count()) + 1; }
};

/// Whoever needs the time is handed a clock, so that tests hand in their own.
class Clock {
  public:
    Clock() = default;
    Clock(Clock const&) = delete;
    Clock& operator=(Clock const&) = delete;
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;

    [[nodiscard]] Day today() const { return std::chrono::floor<std::chrono::days>(now()); }
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

/// "2026-11-23"
std::string to_text(Day day);
/// "2026-11-23 21:40:00", with microseconds only where there are any
std::string to_text(Instant instant);

/// Exactly YYYY-MM-DD and a day that exists, or nothing.
std::optional<Day> parse_day(std::string_view text);
/// PostgreSQL's ISO output of a timestamp: "YYYY-MM-DD HH:MM:SS[.ffffff]" (a 'T' serves too), or
/// nothing.
std::optional<Instant> parse_instant(std::string_view text);

} // namespace portfoliod
