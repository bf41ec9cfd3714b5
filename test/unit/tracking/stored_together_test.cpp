#include "tracking/backfill_queue.hpp"

#include <doctest/doctest.h>

using portfoliod::tracking::Storable;
using portfoliod::tracking::stored_together;

// Which answers go into one transaction.

namespace {

using Chosen = std::vector<std::size_t>;

Storable a_year_of(int asset) { return {asset, 250, false}; }

} // namespace

TEST_CASE("history of several assets is stored together, as far as it is short") {
    CHECK(stored_together({}) == Chosen{});
    CHECK(stored_together({a_year_of(3), a_year_of(1), a_year_of(2)}) == Chosen{0, 1, 2});
    std::vector<Storable> many;
    for (auto asset = 1; asset <= 20; ++asset) many.push_back(a_year_of(asset));
    CHECK(stored_together(many).size() == 8);
}

TEST_CASE("history that is longer than what is stored together is stored all the same, alone") {
    CHECK(stored_together({{1, 2'500, false}, a_year_of(2)}) == Chosen{0});
    CHECK(stored_together({a_year_of(2), {1, 2'500, false}, a_year_of(3)}) == Chosen{0, 2});
}

TEST_CASE("two answers of one asset are not stored together") {
    CHECK(stored_together({a_year_of(1), a_year_of(1), a_year_of(2)}) == Chosen{0, 2});
}

TEST_CASE("an answer that has to be stored alone is, in its turn") {
    auto const alone = Storable{1, 250, true};
    CHECK(stored_together({a_year_of(2), alone, a_year_of(3)}) == Chosen{0, 2});
    CHECK(stored_together({alone, a_year_of(2), a_year_of(3)}) == Chosen{0});
}
