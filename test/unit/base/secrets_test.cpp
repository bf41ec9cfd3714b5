#include "base/secrets.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;

TEST_CASE(
    "a secret is taken out of every text, also as it stands in an address, and within no other "
    "word") {
    keep_secret("tr0ub4dor&3");
    keep_secret("rest");
    keep_secret("abc"); // too short to be told from anything
    CHECK(without_secrets("password=tr0ub4dor&3 host=x") == "password=(secret) host=x");
    CHECK(without_secrets("GET /q?apikey=tr0ub4dor%263&s=A: tr0ub4dor&3") ==
          "GET /q?apikey=(secret)&s=A: (secret)");
    CHECK(without_secrets("the rest, restarted at Brest: rest") ==
          "the (secret), restarted at Brest: (secret)");
    CHECK(without_secrets("abc") == "abc");
    CHECK(without_secrets("") == "");
    keep_secret("tr0ub4dor&3 and more");
    CHECK(without_secrets("tr0ub4dor&3 and more.") == "(secret).");
}
