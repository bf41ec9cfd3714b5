#include "unit/valuation/peer_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

namespace portfoliod::valuation::test {

namespace {

auto const relative_to = day("2024-06-30"); ///< D

json::object const& object_at(json::object const& of, char const* key) {
    static json::object const none;
    auto const* found = of.if_contains(key);
    return found && found->is_object() ? found->get_object() : none;
}

json::array const& array_at(json::object const& of, char const* key) {
    static json::array const none;
    auto const* found = of.if_contains(key);
    return found && found->is_array() ? found->get_array() : none;
}

std::string text_at(json::object const& of, char const* key) {
    auto const* found = of.if_contains(key);
    return found && found->is_string() ? std::string{found->get_string()} : "";
}

long double number_at(json::object const& of, char const* key) {
    auto const* found = of.if_contains(key);
    return found ? number(*found).value_or(0) : 0;
}

template <class Decimal>
Decimal decimal(long double value) {
    return Decimal::parse(fmt::format("{:.12f}", value));
}

Rate as_rate(long double value) { return Rate::parse(fmt::format("{:.16f}", value)); }

std::vector<Day> dates_in(std::string const& text) {
    static std::regex const pattern{R"(\d{4}-\d{2}-\d{2})"};
    std::vector<Day> dates;
    for (std::sregex_iterator found{text.begin(), text.end(), pattern}, end; found != end; ++found)
        dates.push_back(day(found->str()));
    return dates;
}

/// "ASML (EUR)" is ASML.
std::string symbol_of(std::string_view key) { return std::string{key.substr(0, key.find(' '))}; }

/// Dates of a fx or price table, with the latest for those without one.
std::vector<std::pair<Day, long double>> dated(json::object const& table, Day latest) {
    std::vector<std::pair<Day, long double>> rows;
    for (auto const& [when, value] : table)
        if (auto const figure = number(value))
            rows.emplace_back(date(std::string_view{when}).value_or(latest), *figure);
    std::ranges::sort(rows);
    return rows;
}

/// What one unit of `currency` is in the view's; by day. A single rate is every day's.
CurrencySeries currency_series(json::object const& peer, std::string const& currency,
                               View const& view) {
    CurrencySeries series;
    for (auto const& [pair, table] : object_at(peer, "fx")) {
        auto const straight = pair == currency + view.currency;
        if (!straight && pair != view.currency + currency) continue;
        for (auto const& [when, rate] : dated(table.get_object(), view.as_of))
            series.rates.push_back({.day = when, .rate = as_rate(straight ? rate : 1 / rate)});
    }
    if (series.rates.size() == 1) series.rates.front().day = day("1900-01-01");
    return series;
}

std::optional<Rate> rate_until(CurrencySeries const& series, Day day) {
    std::optional<Rate> rate;
    for (auto const& dated : series.rates)
        if (dated.day <= day) rate = dated.rate;
    return rate;
}

class Reading {
  public:
    Reading(json::object const& peer, View const& view) : peer_(peer), view_(view) {}

    Portfolio portfolio() {
        result_.today = view_.as_of;
        for (auto const& activity : array_at(peer_, "activities")) add(activity.get_object());
        for (auto const& [key, table] : object_at(peer_, "prices"))
            if (table.is_object()) add_prices(std::string{key}, table.get_object());
        for (auto const& split : array_at(peer_, "splits"))
            for (auto const& [symbol, asset] : assets_) add_split(split.get_object(), asset);
        return std::move(result_);
    }

  private:
    bool wanted(std::string const& symbol) const {
        return view_.symbol.empty() || view_.symbol == symbol;
    }

    int asset(std::string const& symbol, std::string const& currency) {
        auto const [known, added] =
            assets_.try_emplace(symbol, static_cast<int>(assets_.size()) + 1);
        if (added) {
            // The base is what USD is to the core; dollars then are a currency like any other.
            auto const code = currency == view_.currency ? "USD" : "other " + currency;
            result_.market.assets[known->second].currency = code;
            result_.market.currencies[code] = currency_series(peer_, currency, view_);
        }
        return known->second;
    }

    std::optional<Rate> rate(json::object const& activity, std::string const& currency, Day day) {
        if (currency == view_.currency) return Rate::parse("1");
        auto own = "fx_" + currency + "_" + view_.currency;
        std::ranges::transform(own, own.begin(), [](unsigned char c) { return std::tolower(c); });
        if (activity.contains(own)) return as_rate(number_at(activity, own.c_str()));
        return rate_until(currency_series(peer_, currency, view_), day);
    }

    void add(json::object const& activity) {
        auto const type = text_at(activity, "type");
        auto const symbol = text_at(activity, "symbol");
        auto const currency = text_at(activity, "currency");
        auto const when = instant(text_at(activity, "date"));
        if (!when || !wanted(symbol) ||
            Day{std::chrono::floor<std::chrono::days>(*when)} > view_.as_of)
            return;
        if (type == "SPLIT")
            result_.splits.push_back(
                {.asset_id = asset(symbol, currency),
                 .ex_date = std::chrono::floor<std::chrono::days>(*when),
                 .numerator = decimal<SplitTerm>(number_at(activity, "quantity")),
                 .denominator = SplitTerm::parse("1")});
        if (type != "BUY" && type != "SELL") return;
        auto const fee = number_at(activity, "fee") + number_at(activity, "tax");
        result_.trades.push_back(
            {.asset_id = asset(symbol, currency),
             .timestamp = *when,
             .side = type == "BUY" ? Side::buy : Side::sell,
             .quantity = decimal<Quantity>(number_at(activity, "quantity")),
             .price = decimal<Price>(number_at(activity, "unit_price")),
             .fee = decimal<Price>(view_.fees ? fee : 0),
             .rate = rate(activity, currency, std::chrono::floor<std::chrono::days>(*when))});
    }

    void add_prices(std::string const& key, json::object const& table) {
        if (table.contains("invested")) { // a whole portfolio: as one asset bought for that
            add({{"date", "D-1"},
                 {"type", "BUY"},
                 {"quantity", 1},
                 {"symbol", key},
                 {"unit_price", table.at("invested")},
                 {"currency", view_.currency}});
            result_.market.assets[assets_.at(key)].closes.push_back(
                {.price = decimal<Price>(number_at(table, "value")), .day = relative_to});
            return;
        }
        auto const known = assets_.find(symbol_of(key));
        if (known == assets_.end()) return;
        auto& closes = result_.market.assets[known->second].closes;
        for (auto const& [when, price] : dated(table, view_.as_of))
            closes.push_back({.price = decimal<Price>(price), .day = when});
    }

    void add_split(json::object const& split, int asset) {
        result_.splits.push_back(
            {.asset_id = asset,
             .ex_date = date(text_at(split, "date")).value_or(view_.as_of),
             .numerator = decimal<SplitTerm>(number_at(split, "numerator")),
             .denominator = decimal<SplitTerm>(number_at(split, "denominator"))});
    }

    json::object const& peer_;
    View const& view_;
    Portfolio result_;
    std::map<std::string, int> assets_;
};

/// Every date a case mentions.
void collect(json::value const& value, std::vector<Day>& dates) {
    if (value.is_string()) {
        if (auto const found = date(value.get_string())) dates.push_back(*found);
    } else if (value.is_array()) {
        for (auto const& element : value.get_array()) collect(element, dates);
    } else if (value.is_object()) {
        for (auto const& [key, element] : value.get_object()) {
            if (auto const found = date(std::string_view{key})) dates.push_back(*found);
            collect(element, dates);
        }
    }
}

/// What comes and goes on a day, and what the account gains by itself.
struct AccountDay {
    long double in = 0;
    long double out = 0;
    long double gain = 0;
};

std::map<Day, AccountDay> movements(json::object const& peer) {
    std::map<Day, AccountDay> days;
    for (auto const& element : array_at(peer, "activities")) {
        auto const& activity = element.get_object();
        auto& of_day = days[date(text_at(activity, "date")).value()];
        auto const type = text_at(activity, "type");
        auto const amount = number_at(activity, "quantity") * number_at(activity, "unit_price");
        if (type == "DEPOSIT") of_day.in += amount;
        if (type == "WITHDRAWAL") of_day.out += amount;
        if (type == "INTEREST") of_day.gain += amount;
        if (type == "FEE") of_day.gain -= amount;
    }
    auto const& prices = object_at(peer, "prices");
    std::optional<long double> before; // totals: what is there on the first day was paid in
    for (auto const& [when, total] : dated(object_at(prices, "total_value"), Day{})) {
        (before ? days[when].gain : days[when].in) += total - before.value_or(0);
        before = total;
    }
    return days;
}

} // namespace

std::optional<long double> number(json::value const& value) {
    if (value.is_number()) return static_cast<long double>(value.to_number<double>());
    if (!value.is_string()) return std::nullopt;
    auto const text = std::string{value.get_string()};
    char* rest = nullptr;
    auto figure = std::strtold(text.c_str(), &rest);
    if (rest == text.c_str()) return std::nullopt;
    if (*rest == '/') figure /= std::strtold(rest + 1, &rest);
    return std::string_view{rest} == " GBp" ? figure / 100 : figure;
}

std::optional<Instant> instant(std::string_view text) {
    using std::chrono::days;
    if (auto const found = parse_day(text)) return Instant{*found};
    if (text.ends_with('Z')) return parse_instant(text.substr(0, text.size() - 1));
    if (text == "D" || text == "latest") return Instant{relative_to};
    if (text == "D0") return Instant{relative_to - days{30}};
    if (text == "pre-split") return Instant{relative_to - days{11}};
    if (text == "split-day" || text == "post-split") return Instant{relative_to - days{10}};
    if (text.starts_with("D-") && text.size() > 2 &&
        text.find_first_not_of("0123456789", 2) == text.npos)
        return Instant{relative_to - days{std::stoi(std::string{text.substr(2)})}};
    return std::nullopt;
}

std::optional<Day> date(std::string_view text) {
    auto const found = instant(text);
    if (!found) return std::nullopt;
    return std::chrono::floor<std::chrono::days>(*found);
}

View whole(json::object const& peer) {
    View view{.currency = text_at(peer, "base_currency"), .symbol = {}, .as_of = {}, .period = {}};
    auto named = dates_in(text_at(peer, "as_of"));
    if (named.size() >= 2 && text_at(peer, "as_of").find("period") != std::string::npos)
        view.period = DayRange{.first = named[named.size() - 2], .last = named.back()};
    if (named.empty())
        for (auto const* part : {"activities", "prices", "splits"})
            if (auto const* found = peer.if_contains(part)) collect(*found, named);
    view.as_of = named.empty() ? relative_to : std::ranges::max(named);
    return view;
}

Portfolio portfolio(json::object const& peer, View const& view) {
    return Reading{peer, view}.portfolio();
}

std::set<std::string> other_types(json::object const& peer) {
    std::set<std::string> types;
    for (auto const& activity : array_at(peer, "activities"))
        types.insert(text_at(activity.get_object(), "type"));
    for (auto const* known : {"BUY", "SELL", "SPLIT", "DIVIDEND"}) types.erase(known);
    return types;
}

bool cash_only(json::object const& peer) {
    auto const& activities = array_at(peer, "activities");
    auto const of_cash = [](json::value const& activity) {
        return text_at(activity.get_object(), "symbol") == "CASH";
    };
    if (activities.empty()) return object_at(peer, "prices").contains("total_value");
    return std::ranges::all_of(activities, of_cash);
}

std::vector<KeptDay> account_days(json::object const& peer, View const& view) {
    auto const moved = movements(peer);
    std::vector<KeptDay> days;
    DayBefore before;
    long double total = 0;
    for (auto day = moved.begin()->first; day <= view.as_of; day += std::chrono::days{1}) {
        auto const found = moved.find(day);
        auto const of_day = found == moved.end() ? AccountDay{} : found->second;
        total += of_day.in - of_day.out + of_day.gain;
        DayValue value;
        value.day = day;
        value.value = decimal<Money>(total);
        value.flows = {.inflow = decimal<Money>(of_day.in), .outflow = decimal<Money>(of_day.out)};
        value.index = chained(before, value.flows, value.value, true);
        days.push_back({.of = value, .positions = {}});
        before = end_of(days.back());
    }
    return days;
}

} // namespace portfoliod::valuation::test
