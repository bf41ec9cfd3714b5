#include "support/market_server/prices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace portfoliod::test {

namespace {

struct EuroRate {
    std::string_view currency;
    std::int64_t base; ///< in units of the last digit
    int digits;
};

constexpr EuroRate euro_rates[] = {
    {"AUD", 16'600, 4},  {"BGN", 19'558, 4},  {"BRL", 60'100, 4}, {"CAD", 15'000, 4},
    {"CHF", 9'500, 4},   {"CNY", 78'000, 4},  {"CZK", 25'050, 3}, {"DKK", 74'600, 4},
    {"GBP", 86'614, 5},  {"HKD", 86'000, 4},  {"HUF", 39'500, 2}, {"IDR", 1'750'000, 2},
    {"ILS", 40'600, 4},  {"INR", 918'000, 4}, {"ISK", 15'010, 2}, {"JPY", 16'500, 2},
    {"KRW", 148'000, 2}, {"MXN", 198'000, 4}, {"MYR", 49'500, 4}, {"NOK", 116'000, 4},
    {"NZD", 18'100, 4},  {"PHP", 63'500, 3},  {"PLN", 43'000, 4}, {"RON", 49'700, 4},
    {"SEK", 113'500, 4}, {"SGD", 14'600, 4},  {"THB", 38'900, 3}, {"TRY", 358'000, 4},
    {"USD", 11'000, 4},  {"ZAR", 201'000, 4},
};

std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (char const c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

struct Wave {
    std::int64_t height;
    std::int64_t period;
};

Wave wave(std::uint64_t hash, Day day) {
    auto const period = static_cast<std::int64_t>(40 + (hash >> 20) % 80);
    auto const at =
        (day.time_since_epoch().count() + static_cast<std::int64_t>(hash >> 40)) % period;
    return {std::abs(2 * at - period), period};
}

std::int64_t base_price(std::string_view symbol, std::uint64_t hash) {
    auto const base = static_cast<std::int64_t>(1'000 + hash % 49'000);
    if (symbol.starts_with("BTC")) return base * 200;
    if (symbol.starts_with("ETH")) return base * 10;
    return base;
}

std::string decimal(std::int64_t value, int digits) {
    std::int64_t unit = 1;
    for (int i = 0; i < digits; ++i) unit *= 10;
    return fmt::format("{}.{:0{}}", value / unit, value % unit, digits);
}

} // namespace

std::uint64_t Prices::hash(std::string_view name) const {
    return fnv1a(name) ^ (seed_ * 0x9E3779B97F4A7C15);
}

Prices::Bar Prices::bar(std::string_view symbol, Day day) const {
    auto const h = hash(symbol);
    auto const base = base_price(symbol, h);
    auto const close_of = [&](Day d) {
        auto const [height, period] = wave(h, d);
        return base * 9 / 10 + base * height / (5 * period);
    };
    auto const close = close_of(day);
    auto const open = close_of(day - std::chrono::days(1));
    auto const n = static_cast<std::uint64_t>(day.time_since_epoch().count());
    auto const volume = static_cast<std::int64_t>(1'000 + (h ^ (n * 2'654'435'761)) % 9'000'000);
    return {open, std::max(open, close) + base / 200, std::min(open, close) - base / 200, close,
            volume};
}

std::string Prices::close(std::string_view symbol, Day day) const {
    return hundredths(bar(symbol, day).close);
}

bool Prices::trades_on(std::string_view symbol, Day day) {
    return is_crypto(symbol) || std::chrono::weekday(day).iso_encoding() <= 5;
}

bool Prices::is_null(std::string_view symbol, Day day) const {
    bool const is_stock = !is_crypto(symbol) && symbol.find('=') == symbol.npos;
    return is_stock && fnv1a(to_text(day)) % 97 == hash(symbol) % 97;
}

Day Prices::last_close_day(std::string_view symbol, Day day) const {
    while (!trades_on(symbol, day) || is_null(symbol, day)) day -= std::chrono::days(1);
    return day;
}

std::optional<std::string> Prices::per_euro(std::string_view currency, Day day) const {
    if (currency == "EUR") return "1";
    auto const* const rate = std::ranges::find(euro_rates, currency, &EuroRate::currency);
    if (rate == std::end(euro_rates)) return std::nullopt;
    auto const [height, period] = wave(hash(currency), day);
    return decimal(rate->base * 98 / 100 + rate->base * height / (25 * period), rate->digits);
}

std::optional<double> Prices::usd_per(std::string_view currency, Day day) const {
    auto const units_per_euro = per_euro(currency, day);
    if (!units_per_euro) return std::nullopt;
    return std::strtod(per_euro("USD", day)->c_str(), nullptr) /
           std::strtod(units_per_euro->c_str(), nullptr);
}

std::vector<std::string> const& Prices::currencies() {
    static auto const all = [] {
        std::vector<std::string> codes;
        for (auto const& rate : euro_rates) codes.emplace_back(rate.currency);
        return codes;
    }();
    return all;
}

bool is_crypto(std::string_view symbol) {
    auto const dash = symbol.rfind('-');
    return dash != symbol.npos && symbol.size() - dash - 1 >= 3;
}

std::string hundredths(std::int64_t value) { return decimal(value, 2); }

} // namespace portfoliod::test
