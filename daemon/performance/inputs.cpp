#include "performance/inputs.hpp"

#include "base/error.hpp"
#include "performance/row_values.hpp"

#include <fmt/format.h>

#include <charconv>

namespace portfoliod::performance {

namespace {

using valuation::Money;
using valuation::Price;
using valuation::Quantity;
using valuation::Rate;

/// Of an asset that somebody holds.
struct AssetRead {
    std::optional<valuation::Close> close;
    bool pending = false;             ///< all prices
    std::optional<Day> outdated_last; ///< the last day with a price in shares of before a split
    std::string unreadable;           ///< why those who hold it cannot be valued
};

struct CurrencyRead {
    std::optional<valuation::LatestRate> rate;
    bool pending = false;
    std::string unreadable;
};

struct SplitsRead {
    std::vector<valuation::Split> splits;
    std::string unreadable;
};

/// What the portfolios asked for share.
struct Market {
    std::map<int, AssetRead> assets;
    std::map<int, SplitsRead> splits;
    std::map<std::string, CurrencyRead, std::less<>> currencies{
        {"USD", {.rate = valuation::LatestRate::usd(), .unreadable = {}}}};
};

// What the columns a … t of valuation_inputs() hold, kind by kind.

void read_asset(AssetRead& asset, db::Row const& row) {
    if (!row.is_null(3))
        asset.close = valuation::Close{Price::parse(row.text(3)), row.day(4), row.boolean(5)};
    asset.pending = row.boolean(6);
    asset.outdated_last = row.maybe(&db::Row::day, 7);
}

void read_currency(CurrencyRead& currency, db::Row const& row) {
    if (!row.is_null(4))
        currency.rate = valuation::LatestRate{Rate::parse(row.text(4)), row.day(5)};
    currency.pending = row.boolean(6);
}

void add_split(SplitsRead& read, db::Row const& row) {
    try {
        read.splits.push_back(read_split(row, 3));
    } catch (std::exception const& e) {
        read.unreadable = e.what();
    }
}

/// What the row tells, or why it tells nothing.
template <class Read>
Read tried(void (*read)(Read&, db::Row const&), db::Row const& row) {
    Read told;
    try {
        read(told, row);
    } catch (std::exception const& e) {
        told.unreadable = e.what();
    }
    return told;
}

/// `unreadable`: why something that the portfolio holds cannot be valued; "" when it can.
void require_readable(std::string const& unreadable) {
    if (!unreadable.empty()) throw valuation::CannotValue{unreadable};
}

valuation::Holding holding(db::Row const& row, Market const& market) {
    valuation::Holding holding;
    holding.asset_id = row.integer(2);
    holding.quantity = Quantity::parse(row.text(5));
    auto const& currency = market.currencies.at(row.string(6));
    holding.history_pending = currency.pending;
    if (holding.quantity.is_zero()) return holding;
    require_readable(currency.unreadable);
    holding.rate = currency.rate;
    auto const& asset = market.assets.at(holding.asset_id);
    require_readable(asset.unreadable);
    holding.close = asset.close;
    holding.history_pending |= asset.pending || asset.outdated_last >= row.day(7);
    return holding;
}

[[noreturn]] void no_flows(std::string_view text) {
    throw Failure{fmt::format("'{}' are no flows of a checkpoint", text)};
}

/// "19723 1005.5,19745 -434.16": days since 1970-01-01 and USD.
std::vector<valuation::CashFlow> read_flows(std::string_view text) {
    std::vector<valuation::CashFlow> flows;
    auto const* at = text.data();
    auto const* const end = at + text.size();
    while (at != end) {
        auto day = 0;
        auto usd = 0.0;
        auto const days = std::from_chars(at, end, day);
        if (days.ec != std::errc{} || days.ptr == end || *days.ptr != ' ') no_flows(text);
        auto const amount = std::from_chars(days.ptr + 1, end, usd);
        if (amount.ec != std::errc{}) no_flows(text);
        flows.push_back({Day{std::chrono::days{day}}, usd});
        at = amount.ptr == end ? end : amount.ptr + 1;
    }
    return flows;
}

void read_recent(db::Row const& row, valuation::Position& position) {
    auto const days = array_parts(row.text(20));
    auto const inflow = array_parts(row.text(21));
    auto const outflow = array_parts(row.text(22));
    for (std::size_t i = 0; i < days.size(); ++i) {
        auto const day = parse_day(days[i]);
        if (!day) no_flows(days[i]);
        position.recent.push_back({*day,
                                   {.inflow = Money::parse(inflow.at(i)),
                                    .outflow = Money::parse(outflow.at(i)),
                                    .complete = position.totals.complete}});
    }
}

valuation::Checkpoint opening(db::Row const& row) {
    valuation::Checkpoint opening;
    opening.through = row.instant(8);
    auto& position = opening.position;
    position.asset_id = row.integer(2);
    position.held = Quantity::parse(row.text(9));
    position.average_cost = Money::parse(row.text(10));
    position.average_for = Quantity::parse(row.text(11));
    position.cost_known = row.boolean(12);
    if (!row.is_null(13)) position.last_trade_price = Price::parse(row.text(13));
    position.totals = {.invested = Money::parse(row.text(14)),
                       .proceeds = Money::parse(row.text(15)),
                       .fees = Money::parse(row.text(16)),
                       .realized = Money::parse(row.text(17)),
                       .complete = row.boolean(18)};
    position.flows = read_flows(row.text(19));
    read_recent(row, position);
    return opening;
}

void add_position(Inputs& inputs, Market const& market, db::Row const& row) {
    inputs.versions[row.integer(2)] = {row.integer(3), row.integer(4)};
    inputs.holdings.push_back(holding(row, market));
    if (!row.is_null(8)) inputs.openings.push_back(opening(row));
    auto const due = market.splits.find(row.integer(2));
    if (due == market.splits.end()) return;
    auto const& [splits, unreadable] = due->second;
    require_readable(unreadable);
    inputs.splits.insert(inputs.splits.end(), splits.begin(), splits.end());
}

std::optional<valuation::Index> index(db::Row const& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return valuation::Index::parse(row.text(column));
}

std::optional<valuation::History> history(db::Row const& row) {
    if (row.boolean(3)) return std::nullopt; // snapshots are due
    valuation::History history;
    history.yesterday.complete = !row.is_null(4);
    if (!row.is_null(4)) history.yesterday.value = Money::parse(row.text(4));
    history.yesterday.index = index(row, 5);
    history.week = index(row, 6);
    history.month = index(row, 7);
    history.year = index(row, 8);
    return history;
}

/// A row that no figure can be made of marks its own portfolio only.
template <class Read>
void try_to_add(Inputs& portfolio, Read const& read) {
    try {
        read(portfolio);
    } catch (std::exception const& e) {
        portfolio.unreadable = e.what();
    }
}

} // namespace

std::map<int, Inputs> inputs_of(db::Rows const& rows, int first) {
    std::map<int, Inputs> inputs;
    Market market;
    std::vector<db::Row> positions; // until all of the market is known
    for (auto at = first; at < rows.size(); ++at) {
        auto row = rows[at];
        auto const kind = row.text(0);
        if (kind == "portfolio") inputs[row.integer(1)];
        if (kind == "asset") market.assets[row.integer(2)] = tried(read_asset, row);
        if (kind == "currency") market.currencies[row.string(3)] = tried(read_currency, row);
        if (kind == "split") add_split(market.splits[row.integer(2)], row);
        if (kind == "trade")
            try_to_add(inputs[row.integer(1)],
                       [&](Inputs& portfolio) { portfolio.trades.push_back(read_trade(row, 3)); });
        if (kind == "history")
            try_to_add(inputs[row.integer(1)],
                       [&](Inputs& portfolio) { portfolio.history = history(row); });
        if (kind == "position") positions.push_back(std::move(row));
    }
    for (auto const& row : positions)
        try_to_add(inputs[row.integer(1)],
                   [&](Inputs& portfolio) { add_position(portfolio, market, row); });
    return inputs;
}

std::map<int, Inputs> lock_and_read_inputs(db::Transaction& transaction,
                                           std::vector<int> const& portfolios, Day today,
                                           std::vector<Restatement> const& restated) {
    std::vector<std::string> currencies;
    std::vector<std::string> since;
    for (auto const& one : restated) {
        currencies.push_back(one.currency);
        since.push_back(to_text(one.since));
    }
    static auto const read =
        fmt::format("SELECT {} FROM portfoliod.valuation_inputs($1, $2, $3, $4)", input_columns);
    return inputs_of(transaction.execute(read, {portfolios, today, currencies, since}), 0);
}

} // namespace portfoliod::performance
