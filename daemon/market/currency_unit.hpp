#pragma once

#include <string>
#include <string_view>

namespace portfoliod::market {

/// What a provider calls the money its prices are in, as a currency and how far the point moves to
/// get there.
struct CurrencyUnit {
    std::string currency;
    int places = 0; ///< 2: a hundredth of the currency
};

/// "GBp" is 1/100 GBP, "KWF" 1/1000 KWD, and so on; any other name is a currency of its own.
CurrencyUnit currency_unit(std::string_view name);

} // namespace portfoliod::market
