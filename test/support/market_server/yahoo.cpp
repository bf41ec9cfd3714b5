#include "support/market_server/providers.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace portfoliod::test {

namespace {

using Seconds = std::chrono::sys_seconds;
using std::chrono::minutes;

struct Exchange {
    std::string_view suffix;
    std::string_view name;
    std::string_view currency;
    std::string_view zone;
    minutes opens; ///< local time
    minutes closes;
};

constexpr Exchange exchanges[] = {
    {".DE", "GER", "EUR", "Europe/Berlin", minutes(540), minutes(1050)},
    {".F", "FRA", "EUR", "Europe/Berlin", minutes(480), minutes(1320)},
    {".PA", "PAR", "EUR", "Europe/Paris", minutes(540), minutes(1050)},
    {".AS", "AMS", "EUR", "Europe/Amsterdam", minutes(540), minutes(1050)},
    {".MI", "MIL", "EUR", "Europe/Rome", minutes(540), minutes(1050)},
    {".MC", "MCE", "EUR", "Europe/Madrid", minutes(540), minutes(1050)},
    {".L", "LSE", "GBp", "Europe/London", minutes(480), minutes(990)},
    {".SW", "EBS", "CHF", "Europe/Zurich", minutes(540), minutes(1050)},
    {".ST", "STO", "SEK", "Europe/Stockholm", minutes(540), minutes(1050)},
    {".TO", "TOR", "CAD", "America/Toronto", minutes(570), minutes(960)},
    {".AX", "ASX", "AUD", "Australia/Sydney", minutes(600), minutes(960)},
    {".T", "JPX", "JPY", "Asia/Tokyo", minutes(540), minutes(930)},
    {".HK", "HKG", "HKD", "Asia/Hong_Kong", minutes(570), minutes(960)},
    {".NS", "NSI", "INR", "Asia/Kolkata", minutes(555), minutes(930)},
    {".JK", "JKT", "IDR", "Asia/Jakarta", minutes(540), minutes(960)},
    {".JO", "JNB", "ZAc", "Africa/Johannesburg", minutes(540), minutes(1020)},
    {".TA", "TLV", "ILA", "Asia/Jerusalem", minutes(600), minutes(1045)},
    {"=F", "CMX", "USD", "America/New_York", minutes(0), minutes(1020)},
    {"=X", "CCY", "USD", "Europe/London", minutes(0), minutes(1439)},
};
constexpr Exchange crypto{"", "CCC", "USD", "UTC", minutes(0), minutes(1439)};
constexpr Exchange new_york{"", "NMS", "USD", "America/New_York", minutes(570), minutes(960)};

/// One listed symbol and when its days begin and end.
struct Listing {
    std::string symbol;
    Exchange exchange;
    std::string currency;
    std::string kind;

    [[nodiscard]] Seconds opening(Day day) const { return at(day, exchange.opens); }

    [[nodiscard]] Seconds closing(Day day) const { return at(day, exchange.closes); }

  private:
    [[nodiscard]] Seconds at(Day day, minutes time) const {
        auto const local = date::local_seconds(day.time_since_epoch() + std::chrono::seconds(time));
        auto const zone = date::locate_zone(std::string(exchange.zone));
        return Seconds(zone->to_sys(local, date::choose::earliest).time_since_epoch());
    }
};

Listing listing(std::string const& symbol) {
    if (is_crypto(symbol))
        return {symbol, crypto, symbol.substr(symbol.rfind('-') + 1), "CRYPTOCURRENCY"};
    auto const* const found = std::ranges::find_if(
        exchanges, [&](Exchange const& e) { return symbol.ends_with(e.suffix); });
    if (found == std::end(exchanges)) return {symbol, new_york, "USD", "EQUITY"};
    auto const kind = found->suffix == "=F"   ? "FUTURE"
                      : found->suffix == "=X" ? "CURRENCY"
                                              : "EQUITY";
    // "EURGBP=X" is quoted in its second currency
    auto const currency = found->suffix == "=X" && symbol.size() == 8
                              ? symbol.substr(3, 3)
                              : std::string(found->currency);
    return {symbol, *found, currency, kind};
}

struct Figures {
    double open, high, low, close;
    std::int64_t volume;
};

Figures figures(Listing const& of, Day day, Market const& market) {
    if (of.kind == "CURRENCY") {
        auto const rate = [&](Day d) {
            return market.prices.usd_per(of.symbol.substr(0, 3), d).value_or(1.0) /
                   market.prices.usd_per(of.currency, d).value_or(1.0);
        };
        auto const rounded = [](double value) { return std::round(value * 1e6) / 1e6; };
        auto const close = rate(day);
        auto const open = rate(day - std::chrono::days(1));
        return {rounded(open), rounded(std::max(open, close) * 1.001),
                rounded(std::min(open, close) * 0.999), rounded(close), 0};
    }
    auto const bar = market.prices.bar(of.symbol, day);
    auto const major = [](std::int64_t value) { return static_cast<double>(value) / 100; };
    return {major(bar.open), major(bar.high), major(bar.low), major(bar.close), bar.volume};
}

/// Yahoo keeps bars as 32-bit floats and prints them with the digits of a 64-bit one:
/// 230.0399932861328.
std::string float32(double value) {
    return fmt::format("{}", static_cast<double>(static_cast<float>(value)));
}

/// The latest day whose session has begun.
Day last_session(Listing const& of, Market const& market) {
    auto day = market.today() + std::chrono::days(1);
    while (!Prices::trades_on(of.symbol, day) || of.opening(day) > market.now)
        day -= std::chrono::days(1);
    return day;
}

/// The stamp of the last trade: now while open, else the close.
Seconds last_trade(Listing const& of, Day session, Market const& market) {
    return std::min(of.closing(session), std::chrono::floor<std::chrono::seconds>(market.now));
}

Reply chart_error(int status, std::string_view code, std::string const& description) {
    return {status, "application/json",
            fmt::format(R"({{"chart":{{"result":null,"error":{{"code":"{}","description":{}}}}}}})",
                        code, json_string(description))};
}

std::string meta(Listing const& of, Day session, Market const& market, std::string_view range) {
    auto const last = figures(of, session, market);
    auto const last_stamp = last_trade(of, session, market);
    auto const local = date::locate_zone(std::string(of.exchange.zone))
                           ->get_info(date::sys_seconds(last_stamp.time_since_epoch()));
    return fmt::format(
        R"({{"currency":"{}","symbol":{},"exchangeName":"{}","fullExchangeName":"{}",)"
        R"("instrumentType":"{}","firstTradeDate":{},"regularMarketTime":{},)"
        R"("hasPrePostMarketData":false,"gmtoffset":{},"timezone":"{}",)"
        R"("exchangeTimezoneName":"{}","regularMarketPrice":{},"regularMarketDayHigh":{},)"
        R"("regularMarketDayLow":{},"regularMarketVolume":{},"longName":{},"shortName":{},)"
        R"("priceHint":2,"dataGranularity":"1d","range":"{}","validRanges":["1d","5d","1mo",)"
        R"("3mo","6mo","1y","2y","5y","10y","ytd","max"]}})",
        of.currency, json_string(of.symbol), of.exchange.name, of.exchange.name, of.kind,
        of.opening(listed_since).time_since_epoch().count(), last_stamp.time_since_epoch().count(),
        local.offset.count(), local.abbrev, of.exchange.zone, last.close, last.high, last.low,
        last.volume, json_string(of.symbol), json_string(of.symbol), range);
}

struct Columns {
    std::string stamp, open, high, low, close, volume;

    void add(Seconds time, Figures const* figures) {
        auto const append = [](std::string& column, std::string const& value) {
            column += (column.empty() ? "" : ",") + value;
        };
        auto const price = [&](std::string& column, double Figures::* which) {
            append(column, figures == nullptr ? "null" : float32(figures->*which));
        };
        append(stamp, fmt::format("{}", time.time_since_epoch().count()));
        price(open, &Figures::open);
        price(high, &Figures::high);
        price(low, &Figures::low);
        price(close, &Figures::close);
        append(volume, figures == nullptr ? "null" : fmt::format("{}", figures->volume));
    }
};

Columns columns(Listing const& of, Seconds from, Seconds until, Market const& market) {
    Columns columns;
    auto const session = last_session(of, market);
    auto const one_day = std::chrono::days(1);
    auto const own = market.first_days.find(of.symbol);
    auto const since = own == market.first_days.end() ? listed_since : own->second;
    auto const first = std::max(std::chrono::floor<std::chrono::days>(from) - one_day, since);
    auto const last = std::min(std::chrono::floor<std::chrono::days>(until) + one_day, session);
    for (auto day = first; day <= last; day += one_day) {
        auto const opening = of.opening(day);
        if (!Prices::trades_on(of.symbol, day) || opening < from || opening >= until) continue;
        auto const bar = figures(of, day, market);
        columns.add(day == session ? last_trade(of, day, market) : opening,
                    market.prices.is_null(of.symbol, day) ? nullptr : &bar);
    }
    return columns;
}

std::string events(Listing const& of, Seconds from, Seconds until, Market const& market) {
    std::string splits;
    for (auto const& split : market.splits) {
        auto const time = of.opening(split.day);
        if (split.symbol != of.symbol || time < from || time >= until) continue;
        splits += fmt::format(
            R"({0}"{1}":{{"date":{1},"numerator":{2},"denominator":{3},"splitRatio":"{2}:{3}"}})",
            splits.empty() ? "" : ",", time.time_since_epoch().count(), split.numerator,
            split.denominator);
    }
    return splits.empty() ? "" : fmt::format(R"("events":{{"splits":{{{}}}}},)", splits);
}

/// How many days a range such as "5d" or "1y" reaches back
int days_of(std::string_view range) {
    if (range == "5d") return 7;
    if (range == "1mo") return 31;
    if (range == "3mo") return 92;
    if (range == "6mo") return 183;
    if (range == "1y") return 366;
    if (range == "5y") return 5 * 366;
    return 100 * 366;
}

Seconds stamp(std::string const& text) {
    return Seconds(std::chrono::seconds(std::atoll(text.c_str())));
}

} // namespace

bool is_unknown(std::string_view symbol) {
    return symbol.empty() || symbol.starts_with("NOPE") || symbol.starts_with("UNKNOWN");
}

std::optional<Reply> yahoo(Request const& request, Market const& market) {
    auto const symbol = request.after("/v8/finance/chart/");
    if (!symbol) return std::nullopt;
    if (is_unknown(*symbol))
        return chart_error(404, "Not Found", "No data found, symbol may be delisted");
    if (request.parameter("interval").value_or("1d") != "1d")
        return chart_error(400, "Bad Request", "Invalid input - only interval=1d is served here");

    auto const of = listing(*symbol);
    auto const session = last_session(of, market);
    auto const period = request.parameter("period1");
    auto const range = request.parameter("range").value_or(period ? "" : "1d");
    auto const after_session = of.opening(session) + std::chrono::seconds(1);
    auto from = of.opening(session);
    auto until = after_session;
    if (period) {
        from = stamp(*period);
        if (auto const end = request.parameter("period2")) until = stamp(*end);
    } else if (range != "1d") {
        from = after_session - std::chrono::days(days_of(range));
    }
    auto const bars = columns(of, from, until, market);
    if (bars.stamp.empty())
        return chart_error(400, "Bad Request",
                           fmt::format("Data doesn't exist for startDate = {}, endDate = {}",
                                       from.time_since_epoch().count(),
                                       until.time_since_epoch().count()));
    return Reply{
        200, "application/json",
        fmt::format(
            R"({{"chart":{{"result":[{{"meta":{},"timestamp":[{}],{}"indicators":{{"quote":[{{)"
            R"("high":[{}],"volume":[{}],"close":[{}],"open":[{}],"low":[{}]}}],)"
            R"("adjclose":[{{"adjclose":[{}]}}]}}}}],"error":null}}}})",
            meta(of, session, market, range), bars.stamp, events(of, from, until, market),
            bars.high, bars.volume, bars.close, bars.open, bars.low, bars.close)};
}

} // namespace portfoliod::test
