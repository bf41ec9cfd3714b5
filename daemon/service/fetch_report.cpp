#include "service/fetch_report.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace portfoliod::service {

namespace json = boost::json;

namespace {

/// Columns as wide as their widest entry, the first to the left, figures to the right.
template <std::size_t columns>
std::string table(std::vector<std::array<std::string, columns>> const& rows) {
    std::array<std::size_t, columns> widths{};
    for (auto const& row : rows)
        for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (auto const& row : rows) {
        text += fmt::format("{:<{}}", row[0], widths[0]);
        for (std::size_t i = 1; i < columns; ++i)
            if (widths[i] > 0) text += fmt::format("  {:>{}}", row[i], widths[i]);
        text += '\n';
    }
    return text;
}

json::value or_null(std::optional<std::string> const& text) {
    return text ? json::value(*text) : json::value(nullptr);
}

json::object to_json(market::PriceRow const& row) {
    return {{"date", to_text(row.date)},
            {"open", or_null(row.open)},
            {"high", or_null(row.high)},
            {"low", or_null(row.low)},
            {"close", row.close},
            {"volume", row.volume ? json::value(*row.volume) : json::value(nullptr)}};
}

json::object to_json(market::RateRow const& row) {
    return {{"currency", row.currency},
            {"timestamp", to_text(row.timestamp)},
            {"rate_to_usd", row.rate_to_usd}};
}

json::object to_json(market::Split const& split) {
    return {{"ex_date", to_text(split.ex_date)},
            {"numerator", split.numerator},
            {"denominator", split.denominator}};
}

json::object to_json(market::Dividend const& dividend) {
    return {{"ex_date", to_text(dividend.ex_date)}, {"amount", dividend.amount}};
}

json::object to_json(Heard const& heard) {
    return {{"provider", heard.provider},
            {"outcome", market::to_text(heard.outcome.kind)},
            {"message", heard.outcome.message}};
}

template <class Item>
json::array to_json(std::vector<Item> const& items) {
    json::array array;
    for (auto const& item : items) array.push_back(to_json(item));
    return array;
}

} // namespace

FetchReport::FetchReport(std::optional<market::Asset> asset, std::string currency,
                         std::optional<DayRange> range)
    : asset_(std::move(asset)), currency_(std::move(currency)), range_(range) {}

void FetchReport::answer(market::PriceAnswer answer) { prices_ = std::move(answer); }

void FetchReport::answer(market::RateAnswer answer) { rates_ = std::move(answer); }

std::string FetchReport::title() const {
    auto const days = range_
                          ? fmt::format("{} to {}", to_text(range_->first), to_text(range_->last))
                          : std::string{"latest"};
    if (!asset_) return fmt::format("{} in US dollars, {}\n", currency_, days);
    return fmt::format("{}, {}{}, in {}, {}\n", asset_->symbol, asset_->asset_type,
                       asset_->exchange.empty() ? "" : " on " + asset_->exchange,
                       asset_->native_currency, days);
}

std::string FetchReport::price_table() const {
    if (prices_.rows.empty()) return "";
    std::vector<std::array<std::string, 6>> rows{
        {"date", "open", "high", "low", "close", "volume"}};
    for (auto const& row : prices_.rows)
        rows.push_back({to_text(row.date), row.open.value_or(""), row.high.value_or(""),
                        row.low.value_or(""), row.close,
                        row.volume ? std::to_string(*row.volume) : ""});
    return table(rows);
}

std::string FetchReport::rate_table() const {
    if (rates_.rows.empty()) return "";
    std::vector<std::array<std::string, 2>> rows{{"timestamp (UTC)", "rate_to_usd"}};
    for (auto const& row : rates_.rows) rows.push_back({to_text(row.timestamp), row.rate_to_usd});
    return table(rows);
}

std::string FetchReport::source() const { return asset_ ? prices_.source : rates_.source; }

std::string FetchReport::text() const {
    auto text = title();
    for (auto const& [provider, outcome] : heard_)
        text += fmt::format("{}: {}{}\n", provider, market::to_text(outcome.kind),
                            outcome.message.empty() ? "" : ", " + outcome.message);
    text += price_table() + rate_table();
    for (auto const& split : prices_.splits)
        text += fmt::format("split on {}: {} for {}\n", to_text(split.ex_date), split.numerator,
                            split.denominator);
    for (auto const& dividend : prices_.dividends)
        text += fmt::format("dividend on {}: {}\n", to_text(dividend.ex_date), dividend.amount);
    auto const rows = prices_.rows.size() + rates_.rows.size();
    if (rows > 0) text += fmt::format("{} row{} from {}\n", rows, rows == 1 ? "" : "s", source());
    if (prices_.served)
        text +=
            fmt::format("it reaches back to {} only; days before are left to another provider\n",
                        to_text(prices_.served->first));
    if (!consequence_.empty()) text += fmt::format("The daemon {}.\n", consequence_);
    return text;
}

std::string FetchReport::json() const {
    json::object report;
    if (asset_)
        report["symbol"] = asset_->symbol;
    else
        report["currency"] = currency_;
    report["from"] = range_ ? json::value(to_text(range_->first)) : json::value(nullptr);
    report["to"] = range_ ? json::value(to_text(range_->last)) : json::value(nullptr);
    auto const& outcome = asset_ ? prices_.outcome : rates_.outcome;
    report["outcome"] = market::to_text(outcome.kind);
    report["message"] = outcome.message;
    report["source"] = source();
    report["asked"] = to_json(heard_);
    report["rows"] = asset_ ? to_json(prices_.rows) : to_json(rates_.rows);
    report["splits"] = to_json(prices_.splits);
    report["dividends"] = to_json(prices_.dividends);
    report["consequence"] = consequence_;
    return json::serialize(report) + "\n";
}

} // namespace portfoliod::service
