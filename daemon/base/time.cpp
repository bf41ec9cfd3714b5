#include "base/time.hpp"

#include <fmt/format.h>

namespace portfoliod {

namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (text.size() < at + count) return std::nullopt;
    int value = 0;
    for (char const c : text.substr(at, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

} // namespace

std::string to_text(Day day) {
    auto const date = std::chrono::year_month_day{day};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string to_text(Instant instant) {
    auto const day = std::chrono::floor<std::chrono::days>(instant);
    auto const time = std::chrono::hh_mm_ss{instant - day};
    auto text = fmt::format("{} {:02}:{:02}:{:02}", to_text(day), time.hours().count(),
                            time.minutes().count(), time.seconds().count());
    if (auto const micros = time.subseconds().count(); micros != 0)
        text += fmt::format(".{:06}", micros);
    return text;
}

std::optional<Day> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    auto const year = digits(text, 0, 4);
    auto const month = digits(text, 5, 2);
    auto const day = digits(text, 8, 2);
    if (!year || !month || !day) return std::nullopt;
    auto const date = std::chrono::year_month_day{std::chrono::year{*year},
                                                  std::chrono::month{static_cast<unsigned>(*month)},
                                                  std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return Day{date};
}

std::optional<Instant> parse_instant(std::string_view text) {
    if (text.size() < 19 || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
        text[16] != ':')
        return std::nullopt;
    auto const day = parse_day(text.substr(0, 10));
    auto const hours = digits(text, 11, 2);
    auto const minutes = digits(text, 14, 2);
    auto const seconds = digits(text, 17, 2);
    if (!day || !hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 59)
        return std::nullopt;
    auto instant = Instant{*day} + std::chrono::hours{*hours} + std::chrono::minutes{*minutes} +
                   std::chrono::seconds{*seconds};
    if (text.size() == 19) return instant;
    auto const fraction = text.substr(20);
    if (text[19] != '.' || fraction.empty() || fraction.size() > 6) return std::nullopt;
    auto micros = digits(fraction, 0, fraction.size());
    if (!micros) return std::nullopt;
    for (auto length = fraction.size(); length < 6; ++length) *micros *= 10;
    return instant + std::chrono::microseconds{*micros};
}

} // namespace portfoliod
