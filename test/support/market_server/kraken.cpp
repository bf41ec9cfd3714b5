#include "support/market_server/providers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace portfoliod::test {

namespace {

constexpr int candles_max = 720;

Reply answer(std::string_view result) {
    return {200, "application/json", fmt::format(R"({{"error":[],"result":{}}})", result)};
}

/// As Kraken does it: with HTTP 200.
Reply complaint(std::string_view message) {
    return {200, "application/json", fmt::format(R"({{"error":[{}]}})", json_string(message))};
}

/// "XBTUSD" is the pair whose prices we make as "BTC-USD"; nothing for what is no pair.
std::optional<std::string> product(std::string_view pair) {
    if (pair.size() < 6 || is_unknown(pair)) return std::nullopt;
    auto base = std::string(pair.substr(0, pair.size() - 3));
    if (base == "XBT") base = "BTC";
    if (base == "XDG") base = "DOGE";
    return fmt::format("{}-{}", base, pair.substr(pair.size() - 3));
}

/// What the answer calls it: the old pairs have an X before the coin and a Z before the money.
std::string answered_name(std::string_view pair) {
    bool const old = pair.starts_with("XBT") || pair.starts_with("ETH");
    if (!old || pair.size() != 6) return std::string(pair);
    return fmt::format("X{}Z{}", pair.substr(0, 3), pair.substr(3));
}

Reply candles(std::string_view pair, Request const& request, Market const& market) {
    auto const of = product(pair);
    if (!of) return complaint("EQuery:Unknown asset pair");
    auto const since = std::atoll(request.parameter("since").value_or("0").c_str());
    auto const earliest = market.today() - std::chrono::days(candles_max - 1);
    std::string rows;
    for (auto day = std::max(earliest, listed_since); day <= market.today();
         day += std::chrono::days(1)) {
        auto const seconds = std::chrono::sys_seconds(day).time_since_epoch().count();
        if (seconds <= since) continue;
        auto const bar = market.prices.bar(*of, day);
        rows += fmt::format(R"({}[{},"{}","{}","{}","{}","0","{}.5",7])", rows.empty() ? "" : ",",
                            seconds, hundredths(bar.open), hundredths(bar.high),
                            hundredths(bar.low), hundredths(bar.close), bar.volume);
    }
    auto const last = std::chrono::sys_seconds(market.today()).time_since_epoch().count();
    return answer(fmt::format(R"({{"{}":[{}],"last":{}}})", answered_name(pair), rows, last));
}

/// One unknown pair is enough for no answer at all.
Reply tickers(std::string_view pairs, Market const& market) {
    std::string found;
    while (!pairs.empty()) {
        auto const pair = pairs.substr(0, pairs.find(','));
        pairs.remove_prefix(std::min(pairs.size(), pair.size() + 1));
        auto const of = product(pair);
        if (!of) return complaint("EQuery:Unknown asset pair");
        auto const bar = market.prices.bar(*of, market.today());
        found += fmt::format(
            R"({}"{}":{{"c":["{}","0.1"],"v":["{}.5","1.5"],"h":["{}","1"],"l":["{}","1"],"o":"{}"}})",
            found.empty() ? "" : ",", answered_name(pair), hundredths(bar.close), bar.volume,
            hundredths(bar.high), hundredths(bar.low), hundredths(bar.open));
    }
    return answer(fmt::format("{{{}}}", found));
}

} // namespace

std::optional<Reply> kraken(Request const& request, Market const& market) {
    auto const pair = request.parameter("pair").value_or("");
    if (request.path == "/0/public/OHLC") return candles(pair, request, market);
    if (request.path == "/0/public/Ticker") return tickers(pair, market);
    return std::nullopt;
}

} // namespace portfoliod::test
