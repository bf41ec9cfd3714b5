#include "support/market_server/providers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace portfoliod::test {

namespace {

/// The rates of a day are out at about 16:00 in Frankfurt.
constexpr std::chrono::hours published_at{15};

Day last_published(Market const& market) {
    bool const is_out = market.now - market.today() >= published_at;
    return is_out ? market.today() : market.today() - std::chrono::days(1);
}

bool is_business_day(Day day) { return std::chrono::weekday(day).iso_encoding() <= 5; }

/// "A+B" → A, B; nothing named means all of them
std::vector<std::string> wanted(std::string_view joined) {
    if (joined.empty()) return Prices::currencies();
    std::vector<std::string> codes;
    while (!joined.empty()) {
        auto const code = joined.substr(0, joined.find('+'));
        codes.emplace_back(code);
        joined.remove_prefix(std::min(joined.size(), code.size() + 1));
    }
    std::ranges::sort(codes);
    return codes;
}

std::vector<Day> days_asked(Request const& request, Market const& market) {
    auto const latest = last_published(market);
    auto const first =
        parse_day(request.parameter("startPeriod").value_or("")).value_or(listed_since);
    auto const last = parse_day(request.parameter("endPeriod").value_or("")).value_or(latest);
    std::vector<Day> days;
    for (auto day = std::max(first, listed_since); day <= std::min(last, latest);
         day += std::chrono::days(1))
        if (is_business_day(day)) days.push_back(day);
    if (auto const count = request.parameter("lastNObservations")) {
        auto const kept = static_cast<std::size_t>(std::max(std::atoi(count->c_str()), 0));
        if (kept < days.size()) days.erase(days.begin(), days.end() - static_cast<long>(kept));
    }
    return days;
}

} // namespace

std::optional<Reply> ecb(Request const& request, Market const& market) {
    auto const key = request.after("/service/data/EXR/D.");
    if (!key) return std::nullopt;
    constexpr std::string_view rest = ".EUR.SP00.A";
    if (!key->ends_with(rest)) return Reply{404, "text/plain", "No results found."};
    std::string rows;
    auto const days = days_asked(request, market);
    auto const currencies = wanted(key->substr(0, key->size() - rest.size()));
    for (auto const& currency : currencies)
        for (auto const day : days)
            if (auto const rate = market.prices.per_euro(currency, day); rate && currency != "EUR")
                rows += fmt::format("D,{},{},{}\n", currency, to_text(day), *rate);
    auto const known = [&](std::string const& currency) {
        return market.prices.per_euro(currency, listed_since).has_value();
    };
    if (std::ranges::none_of(currencies, known))
        return Reply{404, "text/plain", "No results found."};
    // Series that there are, and no day among those asked for: not even a header.
    if (rows.empty()) return Reply{200, "text/csv", ""};
    return Reply{200, "text/csv", "FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE\n" + rows};
}

} // namespace portfoliod::test
