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

/// Three capital letters, as ISO 4217 has them.
bool is_currency_code(std::string_view text);

/// "GBp" is 1/100 GBP, "KWF" 1/1000 KWD, and so on; "usd" is USD, any other name is a
/// currency of its own.
CurrencyUnit currency_unit(std::string_view name);

} // namespace portfoliod::market
