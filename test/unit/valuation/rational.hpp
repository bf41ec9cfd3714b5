#pragma once

#include "valuation/decimal.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <random>

/// Numbers that can neither round nor overflow, to hold decimals against.
namespace portfoliod::valuation::test {

using Integer = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                              boost::multiprecision::et_off>;
using Rational = boost::multiprecision::number<boost::multiprecision::cpp_rational_backend,
                                               boost::multiprecision::et_off>;

inline Integer ten_to(int exponent) { return pow(Integer{10}, static_cast<unsigned>(exponent)); }

template <int Scale>
Integer units(Fixed<Scale> const& value) {
    return Integer{value.units()};
}

template <int Scale>
Rational exactly(Fixed<Scale> const& value) {
    return Rational{units(value)} / Rational{ten_to(Scale)};
}

/// In units of 10^-scale, rounded half away from zero.
inline Integer rounded(Rational const& value, int scale) {
    Rational const doubled = abs(value) * Rational{ten_to(scale) * 2} + 1;
    Integer const size = Integer{numerator(doubled)} / Integer{denominator(doubled) * 2};
    return value < 0 ? Integer{-size} : size;
}

/// The same numbers in every run, so that a failure can be repeated.
inline std::mt19937_64 repeatable(unsigned seed) { return std::mt19937_64{seed}; }

} // namespace portfoliod::valuation::test
