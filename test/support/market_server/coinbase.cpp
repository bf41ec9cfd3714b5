#include "support/market_server/providers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::test {

namespace {

constexpr int candles_max = 300;

Reply complaint(int status, std::string_view message) {
    return {status, "application/json", fmt::format(R"({{"message":{}}})", json_string(message))};
}

/// "2024-01-31T00:00:00Z" or a date alone
std::optional<Day> day_of(std::optional<std::string> const& text) {
    return parse_day(text.value_or("").substr(0, 10));
}

Reply candles(std::string const& product, Request const& request, Market const& market) {
    if (request.parameter("granularity") != "86400")
        return complaint(400, "Unsupported granularity");
    auto const last = day_of(request.parameter("end")).value_or(market.today());
    auto const first =
        day_of(request.parameter("start")).value_or(last - std::chrono::days(candles_max - 1));
    if ((last - first).count() + 1 > candles_max)
        return complaint(400, "granularity too small for the requested time range. Count of "
                              "aggregations requested exceeds 300");
    std::string rows;
    for (auto day = std::min(last, market.today()); day >= std::max(first, listed_since);
         day -= std::chrono::days(1)) {
        auto const bar = market.prices.bar(product, day);
        auto const seconds = std::chrono::sys_seconds(day).time_since_epoch().count();
        rows += fmt::format("{}[{},{},{},{},{},{}.5]", rows.empty() ? "" : ",", seconds,
                            hundredths(bar.low), hundredths(bar.high), hundredths(bar.open),
                            hundredths(bar.close), bar.volume);
    }
    return {200, "application/json", fmt::format("[{}]", rows)};
}

Reply ticker(std::string const& product, Market const& market) {
    auto const price = market.prices.close(product, market.today());
    auto time = to_text(market.now);
    time[10] = 'T';
    return {200, "application/json",
            fmt::format(R"({{"ask":"{0}","bid":"{0}","volume":"{1}.25","trade_id":{2},)"
                        R"("price":"{0}","size":"0.05","time":"{3}Z"}})",
                        price, market.prices.bar(product, market.today()).volume,
                        market.now.time_since_epoch().count() / 1'000'000, time)};
}

std::optional<double> usd_per(std::string_view currency, Market const& market) {
    auto const day = market.today();
    if (currency == "BTC" || currency == "ETH")
        return static_cast<double>(market.prices.bar(fmt::format("{}-USD", currency), day).close) /
               100;
    return market.prices.usd_per(currency, day);
}

Reply exchange_rates(Request const& request, Market const& market) {
    auto const base = request.parameter("currency").value_or("USD");
    auto const base_in_usd = usd_per(base, market);
    if (!base_in_usd)
        return {400, "application/json",
                R"({"errors":[{"id":"invalid_request","message":"Currency is invalid"}]})"};
    auto currencies = Prices::currencies();
    for (char const* const also : {"BTC", "ETH", "EUR"}) currencies.emplace_back(also);
    std::ranges::sort(currencies);
    std::string rates;
    for (auto const& currency : currencies)
        rates += fmt::format(R"({}"{}":"{:.10f}")", rates.empty() ? "" : ",", currency,
                             *base_in_usd / *usd_per(currency, market));
    return {200, "application/json",
            fmt::format(R"({{"data":{{"currency":"{}","rates":{{{}}}}}}})", base, rates)};
}

} // namespace

std::optional<Reply> coinbase(Request const& request, Market const& market) {
    if (request.path == "/v2/exchange-rates") return exchange_rates(request, market);
    auto const rest = request.after("/products/");
    if (!rest) return std::nullopt;
    auto const slash = rest->find('/');
    auto const product = rest->substr(0, slash);
    auto const what = slash == rest->npos ? "" : rest->substr(slash);
    if (!is_crypto(product) || is_unknown(product)) return complaint(404, "NotFound");
    if (what == "/candles") return candles(product, request, market);
    if (what == "/ticker") return ticker(product, market);
    return complaint(404, "Route not found");
}

} // namespace portfoliod::test
