#include "performance/row_values.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

namespace portfoliod::performance {

namespace {

using namespace std::chrono_literals;

// Before and after every day that the schema allows.
constexpr auto first_day = Day{1800y / 1 / 1};
constexpr auto last_day = Day{9999y / 12 / 31};

/// Nothing: open. A year of more than four digits is as good as that.
std::optional<Day> bound(std::string_view text) { return parse_day(text); }

} // namespace

valuation::Trade read_trade(db::Row const& row, int first) {
    valuation::Trade trade;
    trade.asset_id = row.integer(2);
    trade.side = row.text(first) == "buy" ? valuation::Side::buy : valuation::Side::sell;
    trade.timestamp = row.instant(first + 1);
    trade.quantity = valuation::Quantity::parse(row.text(first + 2));
    trade.price = valuation::Price::parse(row.text(first + 3));
    trade.fee = valuation::Price::parse(row.text(first + 4));
    if (!row.is_null(first + 5)) trade.rate = valuation::Rate::parse(row.text(first + 5));
    return trade;
}

valuation::Split read_split(db::Row const& row, int first) {
    return {row.integer(2), row.day(first), valuation::SplitTerm::parse(row.text(first + 1)),
            valuation::SplitTerm::parse(row.text(first + 2))};
}

std::vector<std::string_view> array_parts(std::string_view text) {
    std::vector<std::string_view> parts;
    if (text.size() < 3) return parts; // {}
    text = text.substr(1, text.size() - 2);
    for (;;) {
        auto const comma = text.find(',');
        parts.push_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

// {[2024-01-01,2024-02-01),(,2024-03-01)}: as PostgreSQL writes ranges of days, the upper end is not in it.
std::vector<DayRange> day_ranges(std::string_view text) {
    std::vector<DayRange> ranges;
    for (auto open = text.find_first_of("[("); open != std::string_view::npos;
         open = text.find_first_of("[(", open + 1)) {
        auto const comma = text.find(',', open);
        auto const close = text.find(')', comma);
        auto const lower = bound(text.substr(open + 1, comma - open - 1));
        auto const upper = bound(text.substr(comma + 1, close - comma - 1));
        ranges.push_back(
            {lower.value_or(first_day), upper ? *upper - std::chrono::days{1} : last_day});
    }
    return ranges;
}

} // namespace portfoliod::performance
