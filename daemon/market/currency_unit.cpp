#include "market/currency_unit.hpp"

#include <array>

namespace portfoliod::market {

namespace {

struct Minor {
    std::string_view name;
    std::string_view currency;
    int places;
};

// Exchanges quote these in minor units. The case matters: GBp is a penny, GBP a pound.
constexpr std::array minors = {
    Minor{"GBp", "GBP", 2}, Minor{"GBX", "GBP", 2}, Minor{"ILA", "ILS", 2}, Minor{"ZAc", "ZAR", 2},
    Minor{"ZAC", "ZAR", 2}, Minor{"USX", "USD", 2}, Minor{"KWF", "KWD", 3},
};

} // namespace

CurrencyUnit currency_unit(std::string_view name) {
    for (auto const& minor : minors)
        if (minor.name == name) return {std::string{minor.currency}, minor.places};
    return {std::string{name}, 0};
}

} // namespace portfoliod::market
