#include "valuation/decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace portfoliod::valuation::units {

namespace {

constexpr int largest_power = 96;         ///< 10^96 < 2^320
constexpr std::size_t narrow_digits = 38; ///< 10^38 < 2^127: so many digits need no check each
constexpr std::size_t word_digits = 18;   ///< 10^18 < 2^63

__extension__ using Magnitude = unsigned __int128; ///< of a Narrow

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

/// 10^exponent, for 0 … word_digits.
constexpr std::int64_t word_power(std::size_t exponent) {
    std::int64_t power = 1;
    for (std::size_t i = 0; i < exponent; ++i) power *= 10;
    return power;
}

std::int64_t word(std::string_view digits) {
    std::int64_t value = 0;
    for (char const digit : digits) value = value * 10 + (digit - '0');
    return value;
}

/// A word's digits at a time: digit by digit a number of 40 fraction digits would be 40 long multiplications.
template <class Units>
void append(Units& value, std::string_view digits) {
    while (!digits.empty()) {
        auto const some = digits.substr(0, word_digits);
        value = value * word_power(some.size()) + word(some);
        digits.remove_prefix(some.size());
    }
}

template <class Units>
Units assembled(Parts const& parts) {
    Units value{0};
    append(value, parts.whole);
    append(value, parts.fraction);
    return parts.negative ? Units{-value} : value;
}

/// The digits of units with the point before the last `scale` of them.
std::string with_point(std::string digits, int scale, bool negative) {
    auto const least = static_cast<std::size_t>(scale) + 1; // one digit before the point
    if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
    if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.');
    if (negative) digits.insert(0, 1, '-');
    return digits;
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
    auto const missing = static_cast<std::size_t>(scale) - parts.fraction.size();
    return assembled<Narrow>(parts) * word_power(missing);
}

Wide parse_wide(std::string_view text, int scale) {
    auto const parts = parts_of(text, scale);
    auto const missing = scale - static_cast<int>(parts.fraction.size());
    return assembled<Wide>(parts) * power_of_ten(missing);
}

std::string to_text(Narrow value, int scale) {
    constexpr auto end_of_word = Magnitude{word_power(word_digits)};
    auto const size = value < 0 ? -Magnitude(value) : Magnitude(value);
    auto const low = static_cast<std::uint64_t>(size % end_of_word);
    auto const high = size / end_of_word;
    return with_point(high == 0 ? fmt::format("{}", low) : fmt::format("{}{:018}", high, low),
                      scale, value < 0);
}

std::string to_text(Wide const& value, int scale) {
    return with_point(Wide{abs(value)}.str(), scale, value < 0);
}

} // namespace portfoliod::valuation::units
