#include "market/decimal_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace portfoliod::market {

namespace {

/// Nobody prints more; a longer text is an attack or an accident.
constexpr std::size_t length_max = 64;
constexpr int exponent_max = 40;

struct Parts {
    bool negative = false;
    std::string whole; ///< at least one digit, no needless zeros before it
    std::string fraction;
};

std::string_view take_digits(std::string_view& text) {
    auto const* const first_other =
        std::ranges::find_if(text, [](char c) { return c < '0' || c > '9'; });
    auto const end = static_cast<std::size_t>(first_other - text.begin());
    auto const digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

void normalise(Parts& parts) {
    auto const first = std::min(parts.whole.find_first_not_of('0'), parts.whole.size());
    parts.whole.erase(0, first);
    if (parts.whole.empty()) parts.whole = "0";
}

/// Moves the point by `places` to the right (left when negative).
void move_point(Parts& parts, int places) {
    for (; places > 0; --places) {
        parts.whole += parts.fraction.empty() ? '0' : parts.fraction.front();
        if (!parts.fraction.empty()) parts.fraction.erase(0, 1);
    }
    for (; places < 0; ++places) {
        parts.fraction.insert(parts.fraction.begin(),
                              parts.whole.empty() ? '0' : parts.whole.back());
        if (!parts.whole.empty()) parts.whole.pop_back();
    }
    normalise(parts);
}

std::string join(Parts const& parts) {
    auto text = parts.negative ? "-" + parts.whole : parts.whole;
    if (!parts.fraction.empty()) text += "." + parts.fraction;
    return text;
}

std::optional<int> take_exponent(std::string_view text) {
    if (text.empty()) return 0;
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    text.remove_prefix(1);
    if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
    int exponent = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (std::abs(exponent) > exponent_max) return std::nullopt;
    return exponent;
}

std::optional<Parts> parse(std::string_view text) {
    if (text.size() > length_max) return std::nullopt;
    Parts parts;
    if (text.starts_with('-') || text.starts_with('+')) {
        parts.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    parts.whole = take_digits(text);
    if (parts.whole.empty()) return std::nullopt;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        parts.fraction = take_digits(text);
        if (parts.fraction.empty()) return std::nullopt;
    }
    auto const exponent = take_exponent(text);
    if (!exponent) return std::nullopt;
    move_point(parts, *exponent);
    return parts;
}

void increment(Parts& parts) {
    auto digits = parts.whole + parts.fraction;
    auto at = digits.size();
    while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
    if (at > 0)
        ++digits[at - 1];
    else
        digits.insert(digits.begin(), '1');
    auto const whole_size = digits.size() - parts.fraction.size();
    parts.whole = digits.substr(0, whole_size);
    parts.fraction = digits.substr(whole_size);
}

} // namespace

std::optional<std::string> plain_decimal(std::string_view text) {
    auto const parts = parse(text);
    if (!parts) return std::nullopt;
    return join(*parts);
}

std::string repair_float32(std::string const& decimal) {
    double printed = 0;
    auto const* const end = decimal.data() + decimal.size();
    if (std::from_chars(decimal.data(), end, printed).ec != std::errc{}) return decimal;
    if (std::abs(printed) > std::numeric_limits<float>::max()) return decimal;
    auto const single = static_cast<float>(printed);
    // 16 digits of a double that held a float: any other double is off by far more.
    auto const distance = std::abs(static_cast<double>(single) - printed);
    if (distance > std::abs(printed) * 1e-14) return decimal;
    std::array<char, 64> shortest{};
    auto const written = std::to_chars(shortest.data(), shortest.data() + shortest.size(), single);
    if (written.ec != std::errc{}) return decimal;
    auto const plain = plain_decimal({shortest.data(), written.ptr});
    return plain ? *plain : decimal;
}

std::string shift_point(std::string const& decimal, int places) {
    if (places == 0) return decimal;
    auto parts = parse(decimal);
    if (!parts) return decimal;
    move_point(*parts, -places);
    return join(*parts);
}

std::optional<std::string> fit(std::string const& decimal, std::size_t whole_digits_max,
                               std::size_t fraction_digits_max) {
    if (decimal.size() <= std::min(whole_digits_max, fraction_digits_max)) return decimal;
    auto parts = parse(decimal);
    if (!parts) return std::nullopt;
    if (parts->fraction.size() > fraction_digits_max) {
        bool const up = parts->fraction[fraction_digits_max] >= '5';
        parts->fraction.resize(fraction_digits_max);
        if (up) increment(*parts);
    }
    if (parts->whole.size() > whole_digits_max) return std::nullopt;
    return join(*parts);
}

bool is_positive(std::string_view decimal) {
    return !decimal.starts_with('-') &&
           decimal.find_first_of("123456789") != std::string_view::npos;
}

std::optional<std::int64_t> whole_part(std::string_view decimal) {
    auto const parts = parse(decimal);
    if (!parts || parts->negative) return std::nullopt;
    std::int64_t value = 0;
    auto const* const end = parts->whole.data() + parts->whole.size();
    if (std::from_chars(parts->whole.data(), end, value).ec != std::errc{}) return std::nullopt;
    return value;
}

} // namespace portfoliod::market
