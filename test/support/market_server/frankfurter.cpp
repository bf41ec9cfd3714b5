#include "support/market_server/providers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::test {

namespace {

/// The ECB's currencies and one that the ECB does not quote.
std::optional<std::string> per_euro(std::string_view currency, Day day, Market const& market) {
    if (currency == "VND") return "30412.5";
    return market.prices.per_euro(currency, day);
}

/// A code that no currency bears: one such spoils the whole answer.
bool is_invalid(std::string_view currency) { return currency == "XYZ"; }

} // namespace

/// Every day has rates: it blends many sources.
std::optional<Reply> frankfurter(Request const& request, Market const& market) {
    if (request.path != "/v2/rates") return std::nullopt;
    auto const asked = [&](char const* name) {
        auto const day = parse_day(request.parameter(name).value_or("")).value_or(market.today());
        return std::clamp(day, listed_since, market.today());
    };
    auto const last = asked("to");
    auto const quotes = request.parameter("quotes").value_or("");
    std::string rows;
    for (auto day = asked("from"); day <= last; day += std::chrono::days(1)) {
        auto left = std::string_view(quotes);
        while (!left.empty()) {
            auto const currency = left.substr(0, left.find(','));
            left.remove_prefix(std::min(left.size(), currency.size() + 1));
            if (is_invalid(currency))
                return Reply{
                    422, "application/json",
                    fmt::format(R"({{"status":422,"message":"invalid currency: {}"}})", currency)};
            if (auto const rate = per_euro(currency, day, market))
                rows += fmt::format(R"({}{{"date":"{}","base":"EUR","quote":"{}","rate":{}}})",
                                    rows.empty() ? "" : ",", to_text(day), currency, *rate);
        }
    }
    return Reply{200, "application/json", fmt::format("[{}]", rows)};
}

} // namespace portfoliod::test
