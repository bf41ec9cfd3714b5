#pragma once

#include "base/error.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <compare>
#include <string>
#include <string_view>
#include <type_traits>

/// Exact decimals: a whole number of units of 10^-Scale, with the scale in the type, so that a
/// price can neither be added to an amount nor lose a digit unnoticed. Nothing rounds but round_to,
/// divide and proportion, and these say to what. Beyond its width everything throws
/// std::overflow_error; nothing wraps.
namespace portfoliod::valuation {

/// A text that is no decimal of the asked scale.
class NotADecimal : public Failure {
  public:
    using Failure::Failure;
};

/// How the units are kept. Not for callers.
namespace units {

/// Up to scale 16: any NUMERIC(28, s) of the schema fits (10^28 < 2^94), at 16 bytes.
__extension__ using Narrow = __int128;

template <unsigned Bits>
using Checked = boost::multiprecision::number<
    boost::multiprecision::cpp_int_backend<Bits, Bits, boost::multiprecision::signed_magnitude,
                                           boost::multiprecision::checked, void>,
    boost::multiprecision::et_off>;

/// The largest product the schema allows, 10^28 × 10^28 × 10^28 units, needs 280 bits; the rest is
/// room for sums. Only as many limbs as a value has are touched: 320 bits are as fast as 256.
using Wide = Checked<320>;
/// Holds the product of any two Wide: what divide and proportion work in.
using Vast = Checked<640>;

template <int Scale>
using Of = std::conditional_t<(Scale <= 16), Narrow, Wide>;

Narrow add(Narrow left, Narrow right);
Narrow subtract(Narrow left, Narrow right);

inline Wide add(Wide left, Wide const& right) { return left += right; }

inline Wide subtract(Wide left, Wide const& right) { return left -= right; }

/// 10^exponent, for 0 … 96.
Wide const& power_of_ten(int exponent);
/// Half away from zero; a zero divisor throws std::domain_error.
Vast rounded_quotient(Vast const& dividend, Vast const& divisor);
Narrow narrowed(Vast const& value);

template <class Units>
Units fitted(Vast const& value) {
    if constexpr (std::is_same_v<Units, Narrow>)
        return narrowed(value);
    else
        return Units{value};
}

Narrow parse_narrow(std::string_view text, int scale);
Wide parse_wide(std::string_view text, int scale);
std::string to_text(Narrow value, int scale);
std::string to_text(Wide const& value, int scale);

} // namespace units

template <int Scale>
class Fixed {
    static_assert(Scale >= 0 && Scale <= 48);

  public:
    using Units = units::Of<Scale>;

    Fixed() = default;

    static Fixed from_units(Units units) {
        Fixed result;
        result.units_ = std::move(units);
        return result;
    }

    /// PostgreSQL's text of a NUMERIC: [-]digits[.digits]. Throws NotADecimal for anything else
    /// (NaN, Infinity, an exponent, a blank) and for non-zero digits beyond the scale;
    /// std::overflow_error when it does not fit.
    static Fixed parse(std::string_view text) {
        if constexpr (std::is_same_v<Units, units::Narrow>)
            return from_units(units::parse_narrow(text, Scale));
        else
            return from_units(units::parse_wide(text, Scale));
    }

    /// The value × 10^Scale.
    [[nodiscard]] Units const& units() const { return units_; }

    /// Plain decimal with exactly Scale fraction digits; zero has no sign.
    [[nodiscard]] std::string to_text() const { return units::to_text(units_, Scale); }

    [[nodiscard]] bool is_zero() const { return units_ == 0; }

    /// The same value at another scale: exact when that is finer, rounded half away from zero when
    /// coarser.
    template <int To>
    [[nodiscard]] Fixed<To> round_to() const {
        using Target = typename Fixed<To>::Units;
        if constexpr (To == Scale)
            return *this;
        else if constexpr (To > Scale && std::is_same_v<Target, units::Wide>)
            return Fixed<To>::from_units(units::Wide{units_} * units::power_of_ten(To - Scale));
        else if constexpr (To > Scale)
            return Fixed<To>::from_units(units::fitted<Target>(
                units::Vast{units_} * units::Vast{units::power_of_ten(To - Scale)}));
        else
            return Fixed<To>::from_units(units::fitted<Target>(units::rounded_quotient(
                units::Vast{units_}, units::Vast{units::power_of_ten(Scale - To)})));
    }

    Fixed& operator+=(Fixed const& other) {
        units_ = units::add(units_, other.units_);
        return *this;
    }

    Fixed& operator-=(Fixed const& other) {
        units_ = units::subtract(units_, other.units_);
        return *this;
    }

    friend Fixed operator+(Fixed left, Fixed const& right) { return left += right; }

    friend Fixed operator-(Fixed left, Fixed const& right) { return left -= right; }

    friend Fixed operator-(Fixed const& value) { return Fixed{} - value; }

    friend bool operator==(Fixed const& left, Fixed const& right) {
        return left.units_ == right.units_;
    }

    friend std::strong_ordering operator<=>(Fixed const& left, Fixed const& right) {
        if (left.units_ < right.units_) return std::strong_ordering::less;
        return left.units_ == right.units_ ? std::strong_ordering::equal
                                           : std::strong_ordering::greater;
    }

  private:
    Units units_{};
};

/// Exact: the scales add up.
template <int A, int B>
Fixed<A + B> operator*(Fixed<A> const& left, Fixed<B> const& right) {
    units::Wide product{left.units()};
    product *= units::Wide{right.units()};
    if constexpr (A + B <= 16)
        return Fixed<A + B>::from_units(units::narrowed(product));
    else
        return Fixed<A + B>::from_units(std::move(product));
}

template <int Scale>
Fixed<Scale> magnitude(Fixed<Scale> const& value) {
    return value < Fixed<Scale>{} ? -value : value;
}

/// dividend / divisor with `Scale` fraction digits, rounded half away from zero.
template <int Scale, int A, int B>
Fixed<Scale> divide(Fixed<A> const& dividend, Fixed<B> const& divisor) {
    constexpr int shift = Scale + B - A;
    units::Vast above{dividend.units()};
    units::Vast below{divisor.units()};
    (shift >= 0 ? above : below) *= units::Vast{units::power_of_ten(shift >= 0 ? shift : -shift)};
    return Fixed<Scale>::from_units(
        units::fitted<typename Fixed<Scale>::Units>(units::rounded_quotient(above, below)));
}

/// whole × part / of, multiplied before it is divided and rounded once, half away from zero, at the
/// whole's scale.
template <int A, int B>
Fixed<A> proportion(Fixed<A> const& whole, Fixed<B> const& part, Fixed<B> const& of) {
    auto const product = units::Vast{whole.units()} * units::Vast{part.units()};
    return Fixed<A>::from_units(units::fitted<typename Fixed<A>::Units>(
        units::rounded_quotient(product, units::Vast{of.units()})));
}

using Quantity = Fixed<12>;  ///< transactions.quantity, portfolio_positions.quantity
using Price = Fixed<12>;     ///< transactions.price and fee, asset_prices; in the asset's currency
using SplitTerm = Fixed<12>; ///< asset_splits.numerator and denominator
using Rate = Fixed<16>;      ///< USD for one unit of a currency
using Money = Fixed<40>;     ///< USD, as exact as quantity × price × rate
using Cents = Fixed<2>;      ///< USD as shown
using Percent = Fixed<4>;    ///< percentages as shown: 12.5 is 12.5 %

} // namespace portfoliod::valuation
