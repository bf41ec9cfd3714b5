#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::test {

/// The made-up market: the same figures for the same seed, symbol and day, everywhere. All
/// integers, so that the demo and the tests can compute what the daemon must have stored (n = days
/// since 1970-01-01, / rounds down):
///
///   h      = FNV-1a 64 of the symbol as the provider spells it ("AAPL", "SAP.DE", "BTC-USD")
///            XOR seed × 0x9E3779B97F4A7C15 mod 2^64
///   base   = 1000 + h mod 49000, × 200 for a symbol that starts with "BTC", × 10 for "ETH"
///   period = 40 + (h >> 20) mod 80
///   wave   = |2 × ((n + (h >> 40)) mod period) − period|
///   close  = base × 9 / 10 + base × wave / (5 × period)          in hundredths: 10.00 … 499.99, ±
///   10 % open   = the close of n − 1; high, low = the outer of the two ± base / 200
///
/// A price is in the unit its provider quotes: pence for ".L". A rate is ± 2 % around its base,
/// likewise:
///   rate   = base × 98 / 100 + base × wave / (25 × period), h of the currency code, at the ECB's
///   usual digits.
class Prices {
  public:
    explicit Prices(std::uint64_t seed = 0) : seed_(seed) {}

    struct Bar {
        std::int64_t open, high, low, close; ///< hundredths
        std::int64_t volume;
    };

    [[nodiscard]] Bar bar(std::string_view symbol, Day day) const;
    /// "123.45"
    [[nodiscard]] std::string close(std::string_view symbol, Day day) const;

    /// Stocks, futures and currency pairs: Monday to Friday, no holidays. Crypto ("BTC-USD"): every
    /// day.
    static bool trades_on(std::string_view symbol, Day day);
    /// Yahoo lists this past trading day with null figures: stocks only, one day in about a
    /// hundred.
    [[nodiscard]] bool is_null(std::string_view symbol, Day day) const;
    /// The last day up to `day` on which the symbol traded and is not null.
    [[nodiscard]] Day last_close_day(std::string_view symbol, Day day) const;

    /// Units of the currency per euro as the ECB writes it, "1.0842"; "1" for EUR; nothing for an
    /// unknown currency.
    [[nodiscard]] std::optional<std::string> per_euro(std::string_view currency, Day day) const;
    /// US dollars per unit; nothing for an unknown currency.
    [[nodiscard]] std::optional<double> usd_per(std::string_view currency, Day day) const;
    /// The ECB's currencies, sorted; without EUR.
    static std::vector<std::string> const& currencies();

  private:
    [[nodiscard]] std::uint64_t hash(std::string_view name) const;
    std::uint64_t seed_;
};

/// "AAPL", "BTC-USD" → whether it is crypto: what follows the last '-' is three letters or more
/// ("BRK-B" is a stock).
bool is_crypto(std::string_view symbol);

/// Hundredths as text: 12345 → "123.45"
std::string hundredths(std::int64_t value);

} // namespace portfoliod::test
