#include "unit/valuation/rational.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

/// Decimals beside rationals, which cannot round or overflow.
namespace portfoliod::valuation::test {

namespace {

/// Of any length from one digit up to `digits`, so that both short and full values occur.
template <int Scale>
Fixed<Scale> any(std::mt19937_64& random, int digits) {
    auto const length = std::uniform_int_distribution<>{Scale + 1, digits}(random);
    std::string text;
    for (int i = 0; i < length; ++i) text += static_cast<char>('0' + random() % 10);
    auto zeros = random() % static_cast<unsigned>(length); // leading ones make small values
    text.replace(0, zeros, zeros, '0');
    if (Scale > 0) text.insert(text.size() - Scale, 1, '.');
    return Fixed<Scale>::parse(random() % 2 == 0 ? text : "-" + text);
}

constexpr int rounds = 5'000;

} // namespace

TEST_CASE("sums, differences, products and order agree with rationals") {
    auto random = repeatable(1);
    for (int i = 0; i < rounds; ++i) {
        auto const a = any<12>(random, 28);
        auto const b = any<12>(random, 28);
        auto const rate = any<16>(random, 28);
        REQUIRE(exactly(a + b) == exactly(a) + exactly(b));
        REQUIRE(exactly(a - b) == exactly(a) - exactly(b));
        auto const product = a * b * rate;
        REQUIRE(exactly(product) == exactly(a) * exactly(b) * exactly(rate));
        REQUIRE(exactly(product - product * Fixed<0>::parse("3")) == exactly(product) * -2);
        REQUIRE((a < b) == (exactly(a) < exactly(b)));
    }
}

TEST_CASE("roundings, quotients and proportions agree with rationals") {
    auto random = repeatable(2);
    for (int i = 0; i < rounds; ++i) {
        auto const money = any<40>(random, 64);
        auto const part = any<12>(random, 28);
        auto const of = any<12>(random, 28);
        REQUIRE(units(money.round_to<2>()) == rounded(exactly(money), 2));
        REQUIRE(units(part.round_to<4>()) == rounded(exactly(part), 4));
        if (of.is_zero()) continue;
        REQUIRE(units(divide<20>(part, of)) == rounded(exactly(part) / exactly(of), 20));
        REQUIRE(units(proportion(money, part, of)) ==
                rounded(exactly(money) * exactly(part) / exactly(of), 40));
    }
}

TEST_CASE("printing and parsing give the same value back") {
    auto random = repeatable(3);
    for (int i = 0; i < rounds; ++i) {
        auto const price = any<12>(random, 28);
        auto const money = any<40>(random, 90);
        REQUIRE(Price::parse(price.to_text()) == price);
        REQUIRE(Money::parse(money.to_text()) == money);
    }
}

} // namespace portfoliod::valuation::test
