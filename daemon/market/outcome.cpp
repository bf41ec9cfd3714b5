#include "market/outcome.hpp"

#include "base/secrets.hpp"
#include "market/selector.hpp"
#include "market/text_template.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <simdjson.h>
#include <sstream>

namespace portfoliod::market {

namespace {

using std::chrono::seconds;

constexpr auto retry_after_max = std::chrono::hours{6};
constexpr std::size_t quoted_max = 200;

bool contains(std::string_view text, std::string_view part) {
    auto const same = [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
    };
    return std::ranges::search(text, part, same).begin() != text.end();
}

bool contains_any(std::string_view text, std::vector<std::string> const& parts) {
    return std::ranges::any_of(parts, [text](auto const& part) { return contains(text, part); });
}

std::string_view trimmed(std::string_view text) {
    constexpr auto blanks = " \t\r\n";
    auto const first = std::min(text.find_first_not_of(blanks), text.size());
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// The text a rule looks at, of a body without the blanks around it; nothing when there is none.
std::optional<std::string_view> subject(OutcomeRule const& rule, Reply const& reply,
                                        Document const* document) {
    if (rule.at.empty()) return trimmed(reply.body);
    if (!document) return std::nullopt;
    auto const place = resolve(*document, rule.at);
    if (!place || document->node(*place).kind == Document::Kind::null) return std::nullopt;
    return document->node(*place).text;
}

bool applies(OutcomeRule const& rule, Reply const& reply, Document const* document) {
    if (!rule.status.empty() && !rule.status.contains(reply.status)) return false;
    auto const text = subject(rule, reply, document);
    if (!text) return false;
    if (!rule.has.empty() && !contains_any(*text, rule.has)) return false;
    return !rule.equals || *rule.equals == *text;
}

Outcome by_rule(Declaration const& provider, OutcomeRule const& rule, Reply const& reply,
                Document const* document) {
    auto const text = subject(rule, reply, document).value_or("");
    Outcome outcome{rule.is, {}, {}, rule.scope};
    outcome.message = fmt::format("{} answered {}{}{}", provider.name, reply.status,
                                  text.empty() ? "" : ": ", quotable(provider, text));
    if (rule.is == OutcomeKind::denied && rule.scope == Scope::request)
        outcome.message += " (not with this key: other requests may work)";
    if (rule.is == OutcomeKind::rate_limited)
        // The rule's wait is for answers that name none: the provider knows better what it asks
        // for.
        outcome.wait = reply.retry_after ? reply.retry_after : rule.wait;
    return outcome;
}

OutcomeKind by_status(int status) {
    switch (status) {
    case 401:
    case 403:
        return OutcomeKind::denied;
    case 404:
    case 410:
        return OutcomeKind::unknown_symbol;
    case 408:
    case 425:
        return OutcomeKind::transient;
    case 429:
        return OutcomeKind::rate_limited;
    default:
        break;
    }
    if (status >= 500) return OutcomeKind::transient;
    return status >= 400 ? OutcomeKind::refused : OutcomeKind::malformed;
}

void hide(std::string& text, std::string const& key) {
    constexpr std::string_view instead = "(key)";
    if (key.empty()) return;
    // Behind what was put there: a short key may be part of that.
    for (auto at = text.find(key); at != std::string::npos;
         at = text.find(key, at + instead.size()))
        text.replace(at, key.size(), instead);
}

/// Not cut inside a character.
std::string shortened(std::string_view text, std::size_t size_max) {
    if (text.size() <= size_max) return std::string{text};
    while (size_max > 0 && (static_cast<unsigned char>(text[size_max]) & 0xC0) == 0x80) --size_max;
    return std::string{text.substr(0, size_max)};
}

} // namespace

std::optional<Outcome> judge(Declaration const& provider, Reply const& reply,
                             Document const* document) {
    for (auto const& rule : provider.outcomes)
        if (applies(rule, reply, document)) return by_rule(provider, rule, reply, document);
    if (reply.status >= 200 && reply.status < 300) return std::nullopt;
    auto const kind = by_status(reply.status);
    Outcome outcome{kind, fmt::format("{} answered {}", provider.name, reply.status), {}};
    if (kind == OutcomeKind::rate_limited || kind == OutcomeKind::transient)
        outcome.wait = reply.retry_after;
    return outcome;
}

std::optional<seconds> parse_retry_after(std::string_view text, Instant now) {
    auto const capped = [](seconds wait) {
        return std::clamp<seconds>(wait, seconds{0}, retry_after_max);
    };
    long long count = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (end == text.data() + text.size() && error == std::errc::result_out_of_range)
        return retry_after_max;
    if (end == text.data() + text.size() && error == std::errc{})
        return capped(seconds{std::clamp<long long>(count, 0, 1'000'000)});
    std::istringstream in{std::string{text}};
    in.imbue(std::locale::classic());
    date::sys_seconds at;
    in >> date::parse("%a, %d %b %Y %H:%M:%S GMT", at);
    if (in.fail()) return std::nullopt;
    return capped(std::chrono::ceil<seconds>(at.time_since_epoch() - now.time_since_epoch()));
}

std::string quotable(Declaration const& provider, std::string_view text) {
    auto quoted = shortened(text, 4 * quoted_max);
    hide(quoted, provider.key_value);
    // As it stands in an address.
    if (auto const encoded = encode_query(provider.key_value); encoded != provider.key_value)
        hide(quoted, encoded);
    quoted = without_secrets(quoted);
    bool const utf8 = simdjson::validate_utf8(quoted);
    for (char& c : quoted) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < ' ' || byte == 0x7f) c = ' ';
        if (byte >= 0x80 && !utf8) c = '?';
    }
    return quoted.size() <= quoted_max ? quoted : shortened(quoted, quoted_max) + "...";
}

char const* to_text(OutcomeKind kind) {
    switch (kind) {
    case OutcomeKind::ok:
        return "ok";
    case OutcomeKind::empty:
        return "empty";
    case OutcomeKind::rate_limited:
        return "rate_limited";
    case OutcomeKind::unknown_symbol:
        return "unknown_symbol";
    case OutcomeKind::out_of_range:
        return "out_of_range";
    case OutcomeKind::denied:
        return "denied";
    case OutcomeKind::refused:
        return "refused";
    case OutcomeKind::transient:
        return "transient";
    case OutcomeKind::malformed:
        return "malformed";
    }
    return "malformed";
}

} // namespace portfoliod::market
