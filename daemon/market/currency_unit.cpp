#include "market/currency_unit.hpp"

#include <algorithm>
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

bool is_currency_code(std::string_view text) {
    return text.size() == 3 &&
           std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

CurrencyUnit currency_unit(std::string_view name) {
    for (auto const& minor : minors)
        if (minor.name == name) return {std::string{minor.currency}, minor.places};
    std::string code{name};
    bool const lower = std::ranges::all_of(code, [](char c) { return c >= 'a' && c <= 'z'; });
    if (lower && code.size() == 3) // "usd"; a penny has a capital too
        std::ranges::transform(code, code.begin(),
                               [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    return {std::move(code), 0};
}

} // namespace portfoliod::market
