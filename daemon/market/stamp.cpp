#include "market/stamp.hpp"

#include "market/decimal_text.hpp"

#include <algorithm>
#include <sstream>

namespace portfoliod::market {

namespace {

using std::chrono::microseconds;

constexpr auto earliest = Day{std::chrono::year{1900} / 1 / 1};
constexpr auto latest = Day{std::chrono::year{2200} / 1 / 1};

bool plausible(Instant instant) { return instant >= earliest && instant < latest; }

/// An epoch stamp, rounded down; ten digits and a little more are enough for any we believe.
std::optional<Instant> epoch(std::string_view text, std::int64_t ticks_per_second) {
    auto const plain = plain_decimal(text);
    if (!plain) return std::nullopt;
    bool const negative = plain->starts_with('-');
    auto ticks = whole_part(negative ? plain->substr(1) : *plain);
    if (!ticks || *ticks > 10'000'000'000 * ticks_per_second) return std::nullopt;
    auto const point = std::min(plain->find('.'), plain->size());
    if (negative && is_positive(plain->substr(point)))
        ++*ticks; // half a second before 1970 is 1969
    auto const since = microseconds{*ticks * (1'000'000 / ticks_per_second)};
    return Instant{negative ? -since : since};
}

/// "2026-11-23", also with a time after it, which then says nothing.
std::optional<Day> leading_date(std::string_view text) {
    if (text.size() > 10 && text[10] != 'T' && text[10] != ' ') return std::nullopt;
    return parse_day(text.substr(0, 10));
}

/// "+02:00", "-0530", "+02" in minutes.
std::optional<std::chrono::minutes> utc_offset(std::string_view text) {
    bool const negative = text.front() == '-';
    std::string digits;
    for (char const c : text.substr(1)) {
        if (c == ':' && digits.size() == 2) continue;
        if (c < '0' || c > '9' || digits.size() == 4) return std::nullopt;
        digits += c;
    }
    if (digits.size() != 2 && digits.size() != 4) return std::nullopt;
    digits.resize(4, '0');
    auto const minutes = std::stoi(digits.substr(0, 2)) * 60 + std::stoi(digits.substr(2));
    return std::chrono::minutes{negative ? -minutes : minutes};
}

} // namespace

std::optional<StampReader> StampReader::open(TimeRule const& rule, Document const& document,
                                             Instant now) {
    std::string_view name = rule.zone;
    if (name.empty()) name = "UTC";
    if (name.starts_with('/')) {
        auto const place = resolve(document, name);
        if (!place || document.node(*place).kind != Document::Kind::string) return std::nullopt;
        name = document.node(*place).text;
    }
    try {
        return StampReader{rule, date::locate_zone(name), now};
    } catch (std::runtime_error const&) {
        return std::nullopt;
    }
}

Day StampReader::local_day(Instant instant) const {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(
        date::sys_time<microseconds>{instant.time_since_epoch()});
    auto const offset = zone_->get_info(seconds).offset;
    return std::chrono::floor<std::chrono::days>(instant + offset);
}

std::optional<Stamp> StampReader::at(std::optional<Instant> instant) const {
    if (!instant || !plausible(*instant)) return std::nullopt;
    auto const inside = rule_.stamp_ends ? *instant - microseconds{1} : *instant;
    return Stamp{*instant, local_day(inside)};
}

std::optional<Stamp> StampReader::read(std::optional<Found> const& found) const {
    using As = TimeRule::As;
    if (rule_.as == As::now) return at(std::chrono::floor<std::chrono::seconds>(now_));
    if (!found || (found->kind != Document::Kind::string && found->kind != Document::Kind::number))
        return std::nullopt;
    switch (rule_.as) {
    case As::date: {
        auto const date = leading_date(found->text);
        if (!date || !plausible(*date)) return std::nullopt;
        return Stamp{*date, *date};
    }
    case As::seconds:
        return at(epoch(found->text, 1));
    case As::milliseconds:
        return at(epoch(found->text, 1000));
    case As::iso:
        return at(parse_iso(found->text));
    case As::format:
        return at(parse_format(std::string{found->text}));
    case As::now:
        break;
    }
    return std::nullopt;
}

std::optional<Instant> StampReader::parse_iso(std::string_view text) const {
    auto const date = leading_date(text);
    if (text.size() == 10 && date)
        return from_local(date::local_time<microseconds>{date->time_since_epoch()});
    auto const time = parse_instant(text.substr(0, 19));
    if (!time) return std::nullopt;
    text.remove_prefix(19);
    if (text.starts_with('.')) {
        auto const end = std::min(text.find_first_not_of("0123456789", 1), text.size());
        text.remove_prefix(end);
    }
    if (text.empty()) return from_local(date::local_time<microseconds>{time->time_since_epoch()});
    if (text == "Z") return time;
    if (text.front() != '+' && text.front() != '-') return std::nullopt;
    auto const offset = utc_offset(text);
    if (!offset) return std::nullopt;
    return *time - *offset;
}

std::optional<Instant> StampReader::parse_format(std::string const& text) const {
    std::istringstream in{text};
    in.imbue(std::locale::classic());
    date::local_seconds local{};
    std::string abbreviation;
    auto offset = std::chrono::minutes::max();
    date::from_stream(in, rule_.format.c_str(), local, &abbreviation, &offset);
    if (in.fail()) return std::nullopt;
    auto const as_utc = Instant{local.time_since_epoch()};
    if (!plausible(as_utc)) return std::nullopt;
    return offset == std::chrono::minutes::max() ? from_local(local) : as_utc - offset;
}

Instant StampReader::from_local(date::local_time<microseconds> local) const {
    return Instant{zone_->to_sys(local, date::choose::earliest).time_since_epoch()};
}

} // namespace portfoliod::market
