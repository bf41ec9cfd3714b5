#include "market/decimal_text.hpp"

#include <doctest/doctest.h>

namespace portfoliod::market {

TEST_CASE("a number becomes plain digits and loses none") {
    CHECK(plain_decimal("230.04") == "230.04");
    CHECK(plain_decimal("246.28000000") == "246.28000000");
    CHECK(plain_decimal("-1.5e2") == "-150");
    CHECK(plain_decimal("1e-7") == "0.0000001");
    CHECK(plain_decimal("1.25E+1") == "12.5");
    CHECK(plain_decimal("007.50") == "7.50");
    CHECK(plain_decimal("0") == "0");
    CHECK(plain_decimal("12345678901234567890.12345678901234567890") ==
          "12345678901234567890.12345678901234567890");
}

TEST_CASE("what is no number, or an absurd one, is none") {
    for (auto const* const text :
         {"", "-", ".", "1.", ".5", "1,5", "0x10", "NaN", "Infinity", "1e", "1e99999999999", "1e41",
          "1e+-3", "12 ", " 12", "--1", "1.2.3",
          "1111111111111111111111111111111111111111111111111111111111111111111"}) {
        CAPTURE(text);
        CHECK(!plain_decimal(text));
    }
}

TEST_CASE("a printed 32-bit float becomes the shortest decimal of that float") {
    CHECK(repair_float32("230.0399932861328") == "230.04");
    CHECK(repair_float32("1286.5699462890625") == "1286.57");
    CHECK(repair_float32("1.2666670083999634") == "1.266667");
    CHECK(repair_float32("1259.5") == "1259.5");
    CHECK(repair_float32("0.000009999999747378752") == "0.00001");
}

TEST_CASE("a figure that is no printed float keeps every digit") {
    CHECK(repair_float32("305.3") == "305.3");
    CHECK(repair_float32("97350.1234") == "97350.1234");
    CHECK(repair_float32("1234567.25") == "1234567.2"); // a float can hold it, so it may be one
    CHECK(repair_float32("1234567.26") == "1234567.26");
    CHECK(repair_float32("99999999999999999999999999999999999999999999") ==
          "99999999999999999999999999999999999999999999");
}

TEST_CASE("moving the point divides exactly") {
    CHECK(shift_point("1259.5", 2) == "12.595");
    CHECK(shift_point("7", 2) == "0.07");
    CHECK(shift_point("7", 3) == "0.007");
    CHECK(shift_point("-150", 1) == "-15.0");
    CHECK(shift_point("12.34", 0) == "12.34");
}

TEST_CASE("a figure is rounded half away from zero to its column and never silently too large") {
    CHECK(fit("0.1234567890125", 16, 12) == "0.123456789013");
    CHECK(fit("0.1234567890124", 16, 12) == "0.123456789012");
    CHECK(fit("9.9999999999999", 16, 12) == "10.000000000000");
    CHECK(fit("1234567890123456.5", 16, 12) == "1234567890123456.5");
    CHECK(!fit("12345678901234567", 16, 12));
    CHECK(!fit("9999999999999999.99999999999999", 16, 12));
}

TEST_CASE("zero and less are not positive, however they are written") {
    CHECK(is_positive("0.000000000001"));
    CHECK(!is_positive("0"));
    CHECK(!is_positive("0.000"));
    CHECK(!is_positive("-37.63"));
}

TEST_CASE("a volume loses its fraction, or is none") {
    CHECK(whole_part("5957.46980324") == 5957);
    CHECK(whole_part("9223372036854775807") == 9223372036854775807);
    CHECK(!whole_part("9223372036854775808"));
    CHECK(!whole_part("-1"));
}

} // namespace portfoliod::market
