#include "valuation/decimal.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace portfoliod::valuation;

TEST_CASE("a decimal prints as many fraction digits as its scale has") {
    CHECK(Cents::parse("12").to_text() == "12.00");
    CHECK(Quantity::parse("0.5").to_text() == "0.500000000000");
    CHECK(Fixed<0>::parse("7").to_text() == "7");
    CHECK(Money::parse("-0.01").to_text() == "-0.0100000000000000000000000000000000000000");
    CHECK(Cents::parse("-0.05").to_text() == "-0.05");
}

TEST_CASE("zero has no sign") {
    CHECK(Cents::parse("-0.00").to_text() == "0.00");
    CHECK(Money::parse("-0").to_text().front() == '0');
    CHECK(Cents::parse("-0.00") == Cents{});
}

TEST_CASE("the largest NUMERIC(28,12) is read and printed unchanged") {
    auto const text = std::string{"-9999999999999999.999999999999"};
    CHECK(Quantity::parse(text).to_text() == text);
    CHECK(Money::parse(text).round_to<12>().to_text() == text);
}

TEST_CASE("zeros in front and zeros beyond the scale are no digits") {
    CHECK(Cents::parse("0001.2000000").to_text() == "1.20");
    CHECK(Cents::parse(std::string(60, '0') + "1.5").to_text() == "1.50");
}

TEST_CASE("a text that is no plain decimal is refused") {
    for (auto const* text : {"", "-", ".", "1.", ".5", "-.5", "+1", " 1", "1 ", "1,5", "1.2.3",
                             "--1", "1e5", "NaN", "Infinity", "-Infinity", "0x10", "1_000"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(Price::parse(text), NotADecimal);
        CHECK_THROWS_AS(Money::parse(text), NotADecimal);
    }
}

TEST_CASE("a digit beyond the scale is refused, not rounded away") {
    CHECK_THROWS_WITH_AS(Cents::parse("1.001"),
                         "'1.001' is not a decimal number: too many fraction digits", NotADecimal);
}

TEST_CASE("rounding goes half away from zero") {
    auto const cents = [](char const* text) { return Price::parse(text).round_to<2>().to_text(); };
    CHECK(cents("0.005") == "0.01");
    CHECK(cents("-0.005") == "-0.01");
    CHECK(cents("0.004999999999") == "0.00");
    CHECK(cents("-0.004999999999") == "0.00");
    CHECK(cents("2.675") == "2.68");
    CHECK(cents("-1.005") == "-1.01");
    CHECK(cents("9.995") == "10.00");
    CHECK(Price::parse("-0.5").round_to<0>().to_text() == "-1");
}

TEST_CASE("a finer scale keeps the value") {
    CHECK(Cents::parse("-1.25").round_to<40>() == Money::parse("-1.25"));
    CHECK(Cents::parse("1.25").round_to<2>() == Cents::parse("1.25"));
}

TEST_CASE("sums and differences are exact") {
    CHECK(Cents::parse("0.10") + Cents::parse("0.20") == Cents::parse("0.30"));
    CHECK(Money::parse("0.1") - Money::parse("0.3") == Money::parse("-0.2"));
    CHECK(-Money::parse("0.1") == Money::parse("-0.1"));
}

TEST_CASE("a product has both scales and loses nothing") {
    auto const smallest = Quantity::parse("0.000000000001");
    CHECK((smallest * smallest).to_text() == "0.000000000000000000000001");
    auto const usd =
        Quantity::parse("3.5") * Price::parse("-2.25") * Rate::parse("1.0000000000000001");
    CHECK(usd == Money::parse("-7.8750000000000007875"));
}

TEST_CASE("the largest quantity, price and rate of the schema multiply without overflow") {
    auto const most = Quantity::parse("9999999999999999.999999999999");
    auto const usd = most * most * Rate::parse("999999999999.9999999999999999");
    CHECK(usd.to_text().size() == 84 + 1);
    CHECK(usd + usd > usd);
}

TEST_CASE("numbers compare by value, also below zero") {
    CHECK(Cents::parse("-2") < Cents::parse("-1.99"));
    CHECK(Money::parse("-2") < Money::parse("1"));
    CHECK(Money::parse("1.0") == Money::parse("1"));
    CHECK(magnitude(Money::parse("-3")) == Money::parse("3"));
}

TEST_CASE("a quotient has the stated scale and is rounded half away from zero") {
    auto const one = Cents::parse("1");
    CHECK(divide<4>(one, Cents::parse("3")).to_text() == "0.3333");
    CHECK(divide<4>(Cents::parse("-2"), Cents::parse("3")).to_text() == "-0.6667");
    CHECK(divide<2>(one, Cents::parse("-8")).to_text() == "-0.13");
    CHECK(divide<20>(one, Quantity::parse("7")).to_text() == "0.14285714285714285714");
    CHECK(divide<0>(Money::parse("2.5"), one).to_text() == "3");
    CHECK_THROWS_AS(divide<2>(one, Cents{}), std::domain_error);
}

TEST_CASE("a proportion is multiplied before it is divided") {
    auto const shares = Quantity::parse("357");
    CHECK(proportion(shares, SplitTerm::parse("1"), SplitTerm::parse("3")) ==
          Quantity::parse("119"));
    CHECK(proportion(Cents::parse("0.05"), shares, shares + shares).to_text() == "0.03");
    CHECK(proportion(Cents::parse("-0.05"), shares, shares + shares).to_text() == "-0.03");
}

TEST_CASE("what does not fit throws and never wraps") {
    auto const cents = Cents::parse(std::string(36, '9'));
    CHECK_THROWS_AS(cents + cents, std::overflow_error);
    CHECK_THROWS_AS(-cents - cents, std::overflow_error);
    CHECK_THROWS_AS(Cents::parse("1" + std::string(36, '0')), std::overflow_error);
    CHECK_THROWS_AS(cents * Fixed<0>::parse("2"), std::overflow_error);
    CHECK_THROWS_AS((void)cents.round_to<16>(), std::overflow_error);

    auto const money = Money::parse("2" + std::string(56, '0')); // 2^320 units are 2.1 × 10^56
    CHECK_THROWS_AS(money + money, std::overflow_error);
    CHECK_THROWS_AS(-money - money, std::overflow_error);
    CHECK_THROWS_AS(money * Fixed<0>::parse("2"), std::overflow_error);
    CHECK_THROWS_AS(Money::parse("3" + std::string(56, '0')), std::overflow_error);
    CHECK_THROWS_AS((void)money.round_to<2>(), std::overflow_error);
    CHECK_THROWS_AS(divide<40>(money, Cents::parse("0.01")), std::overflow_error);
}
