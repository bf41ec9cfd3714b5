#include "unit/valuation/peer_figures.hpp"

#include <algorithm>
#include <array>

namespace portfoliod::valuation::test {

namespace {

std::optional<Answer> amount(long double value) { return Answer{.value = value}; }

std::optional<Answer> fraction(long double value) {
    return Answer{.value = value, .kind = Kind::fraction};
}

std::optional<Answer> fraction(std::optional<Percent> const& percent) {
    if (!percent) return std::nullopt;
    return fraction(real(*percent) / 100);
}

long double ratio(long double part, long double of) { return of == 0 ? 0 : part / of; }

long double gain(Figures const& figures) {
    return real(figures.realized_gain_usd) + real(figures.unrealized_gain_usd);
}

bool one_of(std::string const& key, std::initializer_list<std::string_view> keys) {
    return std::ranges::find(keys, key) != keys.end();
}

} // namespace

std::string not_ours(std::string const& key, std::string const& method) {
    auto const has = [](std::string const& text, char const* part) {
        return text.find(part) != std::string::npos;
    };
    if (has(key, "fifo") || has(key, "lot")) return "of FIFO lots";
    if (has(method, "FIFO + XIRR") && key == "irr") return "the rate of return of FIFO lots";
    if (has(method, "ROAI") && (has(key, "performance_pct") || key == "time_weighted_investment"))
        return "a percentage of another method";
    if (has(key, "linked_mod_dietz")) return "a percentage of another method";
    if (key.starts_with("wrong_") || key.starts_with("bad_") || key.ends_with("_showed"))
        return "wrong on purpose";
    if (key == "dividend_total") return "dividends are in no figure";
    if (key == "warnings" || key == "tol" || key == "property") return "no figure";
    if (key.starts_with("bucket_date_") && !key.ends_with("_UTC")) return "days are UTC days";
    return "";
}

PeerFigures::PeerFigures(json::object const& peer, View view, PeerBooks& books)
    : peer_(peer), view_(std::move(view)), books_(books) {
    if (cash_only(peer)) {
        days_ = account_days(peer, view_);
        return;
    }
    days_ = books_.days(portfolio(peer, view_), view_.as_of);
}

std::optional<Answer> PeerFigures::figure(std::string const& key) const {
    if (auto const found = period_figure(key)) return found;
    if (auto const found = held_figure(key)) return found;
    if (auto const found = gain_figure(key)) return found;
    if (auto const found = return_figure(key)) return found;
    return forex_figure(key);
}

View PeerFigures::gross() const {
    auto view = view_;
    view.fees = false;
    return view;
}

/// In the currency the trades are in, should they all be in one.
View PeerFigures::native() const {
    auto view = view_;
    if (auto const& activities = peer_.at("activities").get_array(); !activities.empty())
        view.currency = activities.front().at("currency").get_string();
    for (auto const& activity : peer_.at("activities").get_array())
        if (activity.at("currency").get_string() != view.currency) return view_;
    return view;
}

Reckoned PeerFigures::reckoned(View const& view) const {
    return books_.on(portfolio(peer_, view), view.as_of, days_);
}

Figures PeerFigures::current(View const& view) const { return reckoned(view).figures; }

std::optional<Answer> PeerFigures::held_figure(std::string const& key) const {
    if (one_of(key,
               {"current_value", "value", "market", "daily_value", "total_value", "final_value"})) {
        auto const* const last = end_of_day(view_.as_of);
        // What was handed out day by day is what is there now.
        if (last && !cash_only(peer_)) CHECK(current(view_).value == last->of.value);
        return amount(last ? real(last->of.value) : 0);
    }
    if (one_of(key, {"quantity", "open_quantity", "remaining_quantity"}))
        return Answer{.value = reckoned(view_).quantity, .kind = Kind::quantity};
    if (key == "price") return amount(real(days_.back().positions.at(0).price));
    if (key == "average_price") return amount(reckoned(native()).average);
    if (key == "average_cost") {
        auto const own = reckoned(native());
        return amount(ratio(own.cost, own.quantity));
    }
    if (one_of(key,
               {"invested", "cost", "cost_basis", "cost_basis_base", "total_cost_at_current_fx"}))
        return amount(reckoned(view_).cost);
    if (one_of(key, {"invested_excl_fees", "investments"})) return amount(reckoned(gross()).cost);
    if (key == "fees_total") return amount(real(current(view_).fees_usd));
    if (key == "entry_value") return amount(real(current(view_).total_invested_usd));
    if (key == "exit_value") return amount(reckoned(view_).proceeds);
    return std::nullopt;
}

std::optional<Answer> PeerFigures::gain_figure(std::string const& key) const {
    if (one_of(key, {"net_performance", "net_change", "pnl"})) return amount(gain(current(view_)));
    if (one_of(key, {"gross_performance", "gross_change"})) return amount(gain(current(gross())));
    if (one_of(key, {"realized", "realized_net", "net_realized"}))
        return amount(real(current(view_).realized_gain_usd));
    if (one_of(key, {"realized_gross", "gross_realized"}))
        return amount(real(current(gross()).realized_gain_usd));
    if (one_of(key, {"unrealized", "unrealized_net", "open_net"}))
        return amount(real(current(view_).unrealized_gain_usd));
    if (one_of(key, {"unrealized_gross", "open_gross"}))
        return amount(real(current(gross()).unrealized_gain_usd));
    return std::nullopt;
}

std::optional<Answer> PeerFigures::return_figure(std::string const& key) const {
    if (one_of(key, {"twr", "accumulated_twr", "accumulated_twr_all_days", "our_recomputed_twr"})) {
        if (!cash_only(peer_)) return fraction(current(view_).twr_pct);
        return fraction(grown({.first = Day::min(), .last = view_.as_of}));
    }
    if (key == "daily_delta")
        return fraction(grown({.first = view_.as_of - std::chrono::days{1}, .last = view_.as_of}));
    if (one_of(key, {"max_drawdown", "series"})) {
        if (key == "series") return fraction(drawdown(view_.as_of));
        long double worst = 0;
        for (auto const& kept : days_) worst = std::min(worst, drawdown(kept.of.day));
        return fraction(worst);
    }
    if (one_of(key, {"return", "unrealized_pct", "open_return", "simple_gain_over_invested", "pct",
                     "net_pct", "gross_pct"})) {
        auto const now = current(view_);
        if (key == "net_pct") return fraction(ratio(gain(now), reckoned(gross()).cost));
        if (key == "gross_pct") return fraction(current(gross()).total_return_pct);
        if (key != "return")
            return fraction(ratio(real(now.unrealized_gain_usd), reckoned(view_).cost));
        auto const now_sold = reckoned(view_);
        auto const realized = real(now_sold.figures.realized_gain_usd);
        return fraction(ratio(realized, now_sold.proceeds - realized));
    }
    if (one_of(key, {"total_return_pct", "total_return_pct_expected", "net_performance_pct"}))
        return fraction(current(view_).total_return_pct);
    if (key == "day_change_pct") return fraction(current(view_).day_change_pct);
    if (key == "week_change_pct") return fraction(current(view_).week_change_pct);
    if (key == "month_change_pct") return fraction(current(view_).month_change_pct);
    if (one_of(key, {"year_change_pct", "year_change_pct_simple"}))
        return fraction(current(view_).year_change_pct);
    if (key == "irr") return fraction(current(view_).xirr_pct);
    return std::nullopt;
}

std::optional<Answer> PeerFigures::period_figure(std::string const& key) const {
    auto const yesterday =
        DayRange{.first = view_.as_of - std::chrono::days{1}, .last = view_.as_of};
    if (key == "day_change") return amount(pnl(yesterday));
    if (!view_.period && key == "cashflow")
        return amount(moved({.first = Day::min(), .last = view_.as_of}));
    if (!view_.period && key == "period_gain" && cash_only(peer_))
        return amount(pnl({.first = Day::min(), .last = view_.as_of}));
    if (!view_.period) return std::nullopt;
    auto const& period = *view_.period;
    auto const value = [this](Day day) {
        auto const* const kept = end_of_day(day);
        return kept ? real(kept->of.value) : 0;
    };
    if (one_of(key, {"pnl", "pnl_by_month", "period_capital_gain", "period_gain", "absolute_delta",
                     "earnings", "net_performance"}))
        return amount(pnl(period));
    if (one_of(key, {"start", "initial_value"})) return amount(value(period.first));
    if (one_of(key, {"end", "final_value"})) return amount(value(period.last));
    if (one_of(key, {"cashflow", "transfers"})) return amount(moved(period));
    if (key == "twr") return fraction(grown(period));
    if (key == "period_unrealized_gain")
        return amount(real(from(period.first).unrealized_gain_usd));
    if (key == "period_realized_gain") return amount(real(from(period.first).realized_gain_usd));
    if (key == "investments_by_month") {
        auto before = gross();
        before.as_of = period.first;
        return amount(reckoned(gross()).cost - reckoned(before).cost);
    }
    return std::nullopt;
}

/// The part of a gain that the currency made: the gain less that in the asset's own currency at the
/// day's rate.
std::optional<Answer> PeerFigures::forex_figure(std::string const& key) const {
    auto const own = native();
    auto const at_rate = [this](DayPosition const& position) {
        return view_.currency == native().currency ? 1 : real(position.rate.value_or(Rate{}));
    };
    if (key == "unrealized_forex_part") {
        auto const foreign = real(current(own).unrealized_gain_usd);
        return amount(real(current(view_).unrealized_gain_usd) -
                      foreign * at_rate(days_.back().positions.at(0)));
    }
    if (key != "realized_forex_part" && key != "forex") return std::nullopt;
    auto part = real(current(view_).realized_gain_usd);
    auto trades = portfolio(peer_, view_).trades;
    std::ranges::sort(trades, {}, &Trade::timestamp);
    long double before = 0;
    for (auto const& trade : trades) {
        auto until = own;
        until.as_of = std::chrono::floor<std::chrono::days>(trade.timestamp);
        auto const realized = real(current(until).realized_gain_usd);
        part -= (realized - before) * real(trade.rate.value_or(Rate{}));
        before = realized;
    }
    if (key == "realized_forex_part") return amount(part);
    return amount(part + forex_figure("unrealized_forex_part").value_or(Answer{}).value);
}

KeptDay const* PeerFigures::end_of_day(Day day) const {
    KeptDay const* last = nullptr;
    for (auto const& kept : days_)
        if (kept.of.day <= day) last = &kept;
    return last;
}

long double PeerFigures::moved(DayRange const& period) const {
    Money sum;
    for (auto const& kept : days_)
        if (period.first < kept.of.day && kept.of.day <= period.last)
            sum += kept.of.flows.inflow - kept.of.flows.outflow;
    return real(sum);
}

long double PeerFigures::pnl(DayRange const& period) const {
    auto const* const start = end_of_day(period.first);
    auto const* const end = end_of_day(period.last);
    return (end ? real(end->of.value) : 0) - (start ? real(start->of.value) : 0) - moved(period);
}

long double PeerFigures::grown(DayRange const& period) const {
    auto const start = index_on(days_, period.first);
    auto const end = index_on(days_, period.last);
    return real(end.value_or(Index{})) / real(start.value_or(DayBefore::one())) - 1;
}

long double PeerFigures::drawdown(Day day) const {
    long double peak = 1;
    long double now = 1;
    for (auto const& kept : days_) {
        if (kept.of.day > day) break;
        now = real(kept.of.index.value_or(Index{}));
        peak = std::max(peak, now);
    }
    return now / peak - 1;
}

/// As if what was held at the end of that day had been bought then for what it was worth.
Figures PeerFigures::from(Day start) const {
    auto rest = portfolio(peer_, view_);
    std::erase_if(rest.trades, [start](Trade const& trade) {
        return trade.timestamp < Instant{start + std::chrono::days{1}};
    });
    if (auto const* const held = end_of_day(start))
        for (auto const& position : held->positions)
            rest.trades.push_back({.asset_id = position.asset_id,
                                   .timestamp = Instant{start},
                                   .quantity = position.quantity,
                                   .price = position.price,
                                   .fee = {},
                                   .rate = position.rate});
    return books_.on(rest, view_.as_of, {}).figures;
}

} // namespace portfoliod::valuation::test
