#include "valuation/decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace portfoliod::valuation::units {

namespace {

constexpr int largest_power = 96;         ///< 10^96 < 2^320
constexpr std::size_t narrow_digits = 38; ///< 10^38 < 2^127: so many digits need no check each

[[noreturn]] void overflow() { throw std::overflow_error("a decimal is beyond its width"); }

/// A text taken apart; both parts are digits only.
struct Parts {
    bool negative = false;
    std::string_view whole; ///< without leading zeros
    std::string_view fraction;
};

bool digits_only(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Zeros beyond the scale say nothing and are dropped; other digits there would be lost, so they
/// are refused.
Parts parts_of(std::string_view text, int scale) {
    auto const refuse = [text](char const* why) {
        throw NotADecimal(fmt::format("'{}' is not a decimal number: {}", text, why));
    };
    Parts parts;
    auto rest = text;
    if (rest.starts_with('-')) {
        parts.negative = true;
        rest.remove_prefix(1);
    }
    auto const point = rest.find('.');
    parts.whole = rest.substr(0, point);
    if (point != std::string_view::npos) parts.fraction = rest.substr(point + 1);
    if (parts.whole.empty() || (point != std::string_view::npos && parts.fraction.empty()))
        refuse("a digit is missing");
    if (!digits_only(parts.whole) || !digits_only(parts.fraction))
        refuse("only digits, a leading minus and one point may occur");
    auto const kept = std::min(parts.fraction.size(), static_cast<std::size_t>(scale));
    if (parts.fraction.find_first_not_of('0', kept) != std::string_view::npos)
        refuse("too many fraction digits");
    parts.fraction = parts.fraction.substr(0, kept);
    parts.whole.remove_prefix(std::min(parts.whole.find_first_not_of('0'), parts.whole.size()));
    return parts;
}

template <class Units>
Units assembled(Parts const& parts, int scale) {
    Units value{0};
    for (char const digit : parts.whole) value = value * 10 + (digit - '0');
    for (char const digit : parts.fraction) value = value * 10 + (digit - '0');
    for (auto length = static_cast<int>(parts.fraction.size()); length < scale; ++length)
        value = value * 10;
    return parts.negative ? Units{-value} : value;
}

} // namespace

Narrow add(Narrow left, Narrow right) {
    Narrow sum = 0;
    if (__builtin_add_overflow(left, right, &sum)) overflow();
    return sum;
}

Narrow subtract(Narrow left, Narrow right) {
    Narrow difference = 0;
    if (__builtin_sub_overflow(left, right, &difference)) overflow();
    return difference;
}

Wide const& power_of_ten(int exponent) {
    static auto const powers = [] {
        std::array<Wide, largest_power + 1> table;
        table[0] = 1;
        for (std::size_t i = 1; i < table.size(); ++i) table[i] = table[i - 1] * 10;
        return table;
    }();
    if (exponent < 0 || exponent > largest_power) overflow();
    return powers[static_cast<std::size_t>(exponent)];
}

Vast rounded_quotient(Vast const& dividend, Vast const& divisor) {
    if (divisor == 0) throw std::domain_error("a decimal was divided by zero");
    Vast quotient;
    Vast rest;
    boost::multiprecision::divide_qr(dividend, divisor, quotient, rest);
    Vast const missing = abs(divisor) - abs(rest);
    if (abs(rest) < missing) return quotient;
    return (dividend < 0) == (divisor < 0) ? Vast{quotient + 1} : Vast{quotient - 1};
}

Narrow narrowed(Vast const& value) {
    static auto const end = Vast{power_of_ten(static_cast<int>(narrow_digits))};
    if (value >= end || value <= -end) overflow();
    return static_cast<Narrow>(value);
}

Narrow parse_narrow(std::string_view text, int scale) {
    auto const parts = parts_of(text, scale);
    if (parts.whole.size() + static_cast<std::size_t>(scale) > narrow_digits) overflow();
    return assembled<Narrow>(parts, scale);
}

Wide parse_wide(std::string_view text, int scale) {
    return assembled<Wide>(parts_of(text, scale), scale);
}

std::string to_text(Wide const& value, int scale) {
    auto digits = Wide{abs(value)}.str();
    auto const least = static_cast<std::size_t>(scale) + 1; // one digit before the point
    if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
    if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.');
    return value < 0 ? "-" + digits : digits;
}

} // namespace portfoliod::valuation::units
