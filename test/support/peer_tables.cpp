#include "support/peer_tables.hpp"

#include "support/ledger.hpp"
#include "support/snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::test {

namespace {

using namespace valuation;
using valuation::test::KeptDay;
using valuation::test::Portfolio;
using valuation::test::real;
using valuation::test::Reckoned;
namespace json = boost::json;

/// Dollars, where another currency plays their part, are one like any other: XXU.
std::string code_of(std::string const& currency) {
    if (!currency.starts_with("other ")) return currency;
    auto const code = currency.substr(6);
    return code == "USD" ? "XXU" : code;
}

bool in_effect(Split const& split, Day day) { return split.ex_date <= day; }

/// Everything a portfolio is, for comparing it with another.
std::string all_of(Portfolio const& portfolio, Day day) {
    auto text = to_text(day);
    auto const add = [&](auto const&... parts) { ((text += '|', text += parts), ...); };
    for (auto const& trade : portfolio.trades)
        add(std::to_string(trade.asset_id), to_text(trade.timestamp),
            trade.side == Side::buy ? "buy" : "sell", trade.quantity.to_text(),
            trade.price.to_text(), trade.fee.to_text(),
            trade.rate ? trade.rate->to_text() : "none");
    for (auto const& split : portfolio.splits)
        add(std::to_string(split.asset_id), to_text(split.ex_date), split.numerator.to_text(),
            split.denominator.to_text());
    for (auto const& [asset, series] : portfolio.market.assets) {
        add(std::to_string(asset), series.currency);
        for (auto const& close : series.closes) add(to_text(close.day), close.price.to_text());
    }
    for (auto const& [code, series] : portfolio.market.currencies) {
        add(code);
        for (auto const& rate : series.rates) add(to_text(rate.day), rate.rate.to_text());
    }
    return text;
}

/// One portfolio in a database of its own.
class Typed {
  public:
    Typed(Portfolio const& portfolio, Day day) : portfolio_(portfolio), day_(day) {
        id_ = add_portfolio(database_, "ann@example.org");
        add_assets();
        add_market();
        add_trades();
    }

    /// As it stands during the day, then the snapshots when that day is over.
    std::pair<Reckoned, std::vector<KeptDay>> reckon() {
        settle(database_, day_);
        auto of = current();
        auto transaction = database_.session().begin();
        performance::mark_missing_snapshots(transaction, day_ + std::chrono::days{1});
        transaction.commit();
        settle(database_, day_ + std::chrono::days{1});
        auto days = snapshots();
        for (auto const& kept : days)
            if (kept.of.day <= day_ && !of.first_flow &&
                (kept.of.flows.inflow != Money{} || kept.of.flows.outflow != Money{}))
                of.first_flow = kept.of.day;
        return {of, std::move(days)};
    }

  private:
    void add_assets() {
        for (auto const& [key, series] : portfolio_.market.assets)
            assets_[key] = add_asset(database_, fmt::format("A{}", key), "stock", "XETRA",
                                     code_of(series.currency));
        for (auto const& split : portfolio_.splits)
            if (in_effect(split, day_))
                database_.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, "
                              "denominator) VALUES ($1, $2, $3, $4)",
                              {assets_.at(split.asset_id), split.ex_date, split.numerator.to_text(),
                               split.denominator.to_text()});
    }

    /// What is known by that day, and nothing of it still to come.
    void add_market() {
        for (auto const& [key, series] : portfolio_.market.assets) {
            for (auto const& close : series.closes)
                if (close.day <= day_) add(assets_.at(key), close);
            database_.run("INSERT INTO portfoliod.price_coverage (asset_id, served) VALUES "
                          "($1, '{[1900-01-01,2100-01-01)}') ON CONFLICT (asset_id) DO UPDATE SET "
                          "served = excluded.served, outdated = '{}'",
                          {assets_.at(key)});
        }
        for (auto const& [currency, series] : portfolio_.market.currencies) {
            if (currency == "USD") continue;
            for (auto const& rate : series.rates)
                if (rate.day <= day_)
                    database_.run("INSERT INTO exchange_rates (currency_code, rate_to_usd, "
                                  "timestamp) VALUES ($1, $2, $3)",
                                  {code_of(currency), rate.rate.to_text(), rate.day});
            database_.run("INSERT INTO portfoliod.rate_coverage VALUES ($1, "
                          "'{[1900-01-01,2100-01-01)}') ON CONFLICT (currency_code) DO UPDATE SET "
                          "served = excluded.served",
                          {code_of(currency)});
        }
    }

    void add(int asset, Close const& close) {
        database_.run("SELECT portfoliod.ensure_price_partition(extract(year FROM $1::date)::int)",
                      {close.day});
        database_.run("INSERT INTO asset_prices (asset_id, timestamp, close, is_final) VALUES "
                      "($1, $2, $3, true)",
                      {asset, close.day, close.price.to_text()});
    }

    /// In one transaction, in which a sale may stand before its purchase, as in some cases.
    void add_trades() {
        auto transaction = database_.session().begin();
        for (auto const& trade : portfolio_.trades)
            transaction.execute(
                "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, "
                "quantity, price, fee, timestamp, rate_to_usd) VALUES ($1, $2, $3, "
                "$4, $5, $6, $7, $8)",
                {id_, assets_.at(trade.asset_id), trade.side == Side::buy ? "buy" : "sell",
                 trade.quantity.to_text(), trade.price.to_text(), trade.fee.to_text(),
                 trade.timestamp, own_rate(trade)});
        transaction.commit();
    }

    /// Only a rate that is not its day's is typed: the others the daemon finds itself.
    std::optional<std::string> own_rate(Trade const& trade) const {
        auto const& currency = portfolio_.market.assets.at(trade.asset_id).currency;
        if (!trade.rate || currency == "USD") return std::nullopt;
        std::optional<Rate> of_day;
        if (auto const found = portfolio_.market.currencies.find(currency);
            found != portfolio_.market.currencies.end())
            for (auto const& dated : found->second.rates)
                if (dated.day <= std::chrono::floor<std::chrono::days>(trade.timestamp))
                    of_day = dated.rate;
        if (of_day == trade.rate) return std::nullopt;
        return trade.rate->to_text();
    }

    Reckoned current() {
        Reckoned of;
        auto const positions = database_.run("SELECT sum(quantity), max(average_buy_price) FROM "
                                             "portfolio_positions WHERE portfolio_id = $1",
                                             {id_});
        if (!positions[0].is_null(0)) {
            of.quantity = real(Quantity::parse(positions[0].text(0)));
            of.average = real(Price::parse(positions[0].text(1)));
        }
        auto const rows = database_.run(
            "SELECT current_value_usd, total_invested_usd, realized_gain_usd, "
            "unrealized_gain_usd, fees_usd, total_return_pct, day_change_pct, week_change_pct, "
            "month_change_pct, year_change_pct, twr_pct, xirr_pct FROM "
            "portfolio_performance_cache WHERE portfolio_id = $1",
            {id_});
        if (rows.empty()) return of;
        auto const row = rows.one();
        auto const percent = [&row](int column) {
            return row.is_null(column) ? std::nullopt
                                       : std::optional{Percent::parse(row.text(column))};
        };
        auto& figures = of.figures;
        figures.value = Money::parse(row.text(0));
        figures.current_value_usd = Cents::parse(row.text(0));
        figures.total_invested_usd = Cents::parse(row.text(1));
        figures.realized_gain_usd = Cents::parse(row.text(2));
        figures.unrealized_gain_usd = Cents::parse(row.text(3));
        figures.fees_usd = Cents::parse(row.text(4));
        figures.total_return_pct = percent(5);
        figures.day_change_pct = percent(6);
        figures.week_change_pct = percent(7);
        figures.month_change_pct = percent(8);
        figures.year_change_pct = percent(9);
        figures.twr_pct = percent(10);
        figures.xirr_pct = percent(11);
        // Columns there are none of: what is left of all that was invested, and what the rest was sold for.
        of.cost = real(figures.current_value_usd) - real(figures.unrealized_gain_usd);
        of.proceeds = real(figures.realized_gain_usd) + real(figures.total_invested_usd) - of.cost;
        return of;
    }

    std::vector<KeptDay> snapshots() {
        auto const rows = database_.run(
            "SELECT snapshot_date, total_value_usd, net_flow_usd, twr_index, positions_snapshot "
            "FROM portfolio_snapshots WHERE portfolio_id = $1 ORDER BY snapshot_date",
            {id_});
        std::vector<KeptDay> days;
        for (int i = 0; i < rows.size(); ++i) {
            auto const row = rows[i];
            KeptDay kept;
            kept.of.day = row.day(0);
            kept.of.value = Money::parse(row.text(1));
            auto const flow = row.is_null(2) ? Money{} : Money::parse(row.text(2));
            (flow < Money{} ? kept.of.flows.outflow : kept.of.flows.inflow) = magnitude(flow);
            if (!row.is_null(3)) kept.of.index = Index::parse(row.text(3));
            auto const positions = json::parse(row.string(4));
            for (auto const& position : positions.as_array())
                kept.positions.push_back(held(position.as_object()));
            days.push_back(std::move(kept));
        }
        return days;
    }

    DayPosition held(json::object const& position) const {
        auto const asset = position.at("asset_id").to_number<int>();
        auto const known = std::ranges::find_if(
            assets_, [asset](auto const& entry) { return entry.second == asset; });
        DayPosition of;
        of.asset_id = known->first;
        of.quantity = Quantity::parse(position.at("quantity").as_string());
        of.price = Price::parse(position.at("price").as_string());
        if (auto const* rate = position.at("rate").if_string()) of.rate = Rate::parse(*rate);
        return of;
    }

    Portfolio const& portfolio_;
    Day day_;
    Database database_;
    int id_ = 0;
    std::map<int, int> assets_; ///< by the portfolio's own numbers
};

} // namespace

std::vector<KeptDay> PeerTables::days(Portfolio const& portfolio, Day last) {
    return kept(portfolio, last).days;
}

Reckoned PeerTables::on(Portfolio const& portfolio, Day day, std::vector<KeptDay> const&) {
    return kept(portfolio, day).on;
}

PeerTables::Kept const& PeerTables::kept(Portfolio const& portfolio, Day day) {
    auto [found, added] = kept_.try_emplace(all_of(portfolio, day));
    if (added) std::tie(found->second.on, found->second.days) = Typed{portfolio, day}.reckon();
    return found->second;
}

} // namespace portfoliod::test
