#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Figures as providers print them, kept as decimal text: no binary floating point between an
/// answer and a column.
namespace portfoliod::market {

/// A JSON number as plain digits: "-1.5e2" → "-150". Nothing for what is no number, or of
/// unreasonable length.
std::optional<std::string> plain_decimal(std::string_view text);

/// The shortest decimal of the same 32-bit float, where the text is what such a float prints as in
/// double precision: "230.0399932861328" → "230.04". Any other text stays. Takes and gives a plain
/// decimal.
std::string repair_float32(std::string const& decimal);

/// Divided by 10^places, exactly. Takes and gives a plain decimal.
std::string shift_point(std::string const& decimal, int places);

/// Rounded half away from zero to this many fraction digits; nothing when the whole part has more
/// than that many. Takes and gives a plain decimal.
std::optional<std::string> fit(std::string const& decimal, std::size_t whole_digits_max,
                               std::size_t fraction_digits_max);

/// Above zero. Takes a plain decimal.
bool is_positive(std::string_view decimal);

/// The whole part; nothing when negative or beyond BIGINT. Takes a plain decimal.
std::optional<std::int64_t> whole_part(std::string_view decimal);

} // namespace portfoliod::market
