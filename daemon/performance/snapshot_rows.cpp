#include "performance/snapshot_rows.hpp"

#include <fmt/format.h>

#include <iterator>

namespace portfoliod::performance {

namespace {

// Of JSON; beyond it a COPY.
constexpr std::size_t staged_max = 4'000'000;

std::string_view trimmed(std::string_view decimal) {
    if (decimal.find('.') == std::string_view::npos) return decimal;
    decimal.remove_suffix(decimal.size() - 1 - decimal.find_last_not_of('0'));
    if (decimal.ends_with('.')) decimal.remove_suffix(1);
    return decimal;
}

template <int Scale>
std::string quoted(std::optional<valuation::Fixed<Scale>> const& value) {
    return value ? fmt::format("\"{}\"", trimmed(value->to_text())) : "null";
}

std::string quoted(std::string const& text) {
    std::string out{'"'};
    for (char const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        // a control character cannot stand in JSON as it is
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<int>(c));
        else
            out += c;
    }
    return out + '"';
}

std::optional<valuation::Fixed<12>> to_12_digits(std::optional<valuation::Money> const& value) {
    return value ? std::optional{value->round_to<12>()} : std::nullopt;
}

template <int Scale>
std::optional<std::string> text(std::optional<valuation::Fixed<Scale>> const& value) {
    return value ? std::optional{value->to_text()} : std::nullopt;
}

} // namespace

std::string positions_json(std::span<valuation::DayPosition const> positions,
                           valuation::MarketSeries const& market,
                           std::map<int, std::string> const& symbols) {
    std::string json{'['};
    json.reserve(positions.size() * 220);
    for (auto const& position : positions) {
        if (json.size() > 1) json += ',';
        auto const price_day =
            position.price_day ? fmt::format("\"{}\"", to_text(*position.price_day)) : "null";
        fmt::format_to(
            std::back_inserter(json),
            R"({{"asset_id":{},"symbol":{},"quantity":"{}","split_factor":"{}","price":"{}","price_date":{},)"
            R"("currency":"{}","rate":{},"value_usd":{}}})",
            position.asset_id, quoted(symbols.at(position.asset_id)),
            trimmed(position.quantity.to_text()), trimmed(position.split_factor.to_text()),
            trimmed(position.price.to_text()), price_day,
            market.assets.at(position.asset_id).currency, quoted(position.rate),
            quoted(to_12_digits(position.value)));
    }
    return json + ']';
}

SnapshotRows::SnapshotRows(db::Transaction& transaction) : transaction_(transaction) {
    transaction_.execute("SELECT portfoliod.prepare_snapshot_staging()");
}

void SnapshotRows::add(int portfolio, valuation::DayValue const& day, std::string positions) {
    auto const value = valuation::amount("total_value_usd", day.value);
    auto const net_flow = valuation::amount("net_flow_usd", day.flows.inflow - day.flows.outflow);
    bytes_ += positions.size() + 200;
    rows_.push_back({std::to_string(portfolio), to_text(day.day), value.to_text(),
                     std::move(positions), net_flow.to_text(), text(day.index),
                     std::string{valuation::to_text(day.status)},
                     day.complete ? std::optional{day.value.to_text()} : std::nullopt});
    if (bytes_ >= staged_max) flush();
}

void SnapshotRows::drop(int portfolio) {
    auto const id = std::to_string(portfolio);
    std::erase_if(rows_, [&id](db::CopyRow const& row) { return row[0] == id; });
    transaction_.execute("DELETE FROM pg_temp.snapshot_staging WHERE portfolio_id = $1",
                         {portfolio});
}

void SnapshotRows::flush() {
    if (!rows_.empty())
        transaction_.copy("snapshot_staging",
                          {"portfolio_id", "snapshot_date", "total_value_usd", "positions_snapshot",
                           "net_flow_usd", "twr_index", "status", "value_exact"},
                          rows_);
    rows_.clear();
    bytes_ = 0;
}

} // namespace portfoliod::performance
