#include "valuation/daily.hpp"

#include "valuation/asset_line.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace portfoliod::valuation {

namespace {

/// By day, and within it as in_order() has them.
Trades by_day(std::span<Trade const> trades, Day last) {
    Trades ordered;
    ordered.reserve(trades.size());
    for (auto const& trade : trades)
        if (day_of(trade) <= last) ordered.push_back(&trade);
    auto const key = [](Trade const* trade) {
        return std::tuple{day_of(*trade), trade->asset_id, trade->timestamp, trade->side,
                          trade->price};
    };
    std::ranges::sort(ordered, {}, key);
    return ordered;
}

std::vector<int> assets_of(std::span<Checkpoint const> openings, Trades const& trades) {
    std::vector<int> assets;
    assets.reserve(openings.size() + trades.size());
    for (auto const& opening : openings) assets.push_back(opening.position.asset_id);
    for (auto const* trade : trades) assets.push_back(trade->asset_id);
    std::ranges::sort(assets);
    assets.erase(std::ranges::unique(assets).begin(), assets.end());
    return assets;
}

void add(DayFlows& flows, Trade const& trade) {
    auto const moved = amounts(trade);
    if (!moved)
        flows.complete = false;
    else
        (trade.side == Side::buy ? flows.inflow : flows.outflow) += moved->net;
}

Status status_of(Trust const& trust, DayFlows const& flows) {
    if (trust.lacks_rate || !flows.complete) return Status::incomplete;
    if (trust.estimated) return Status::estimated;
    return trust.stale ? Status::stale : Status::final;
}

/// All assets of the portfolio, day by day.
class Walk {
  public:
    Walk(std::span<Trade const> trades, std::span<Split const> splits, Day today,
         std::span<Checkpoint const> openings, MarketSeries const& market, Day last)
        : market_(market), trades_(by_day(trades, last)), splits_(in_effect(splits, today)) {
        auto const assets = assets_of(openings, trades_);
        lines_.reserve(assets.size());
        for (auto const asset_id : assets) add_line(asset_id);
        for (auto const& opening : openings) line(opening.position.asset_id).open(opening);
        ahead_ = trades_.begin();
    }

    void skip_until(Day first) {
        while (ahead_ != trades_.end() && day_of(**ahead_) < first) book();
    }

    /// Its index is left to the caller.
    DayValue advance(Day day) {
        DayValue result;
        result.day = day;
        for (; ahead_ != trades_.end() && day_of(**ahead_) == day; book())
            add(result.flows, **ahead_);
        for (auto& line : lines_) line.split_until(day);
        list_held();
        for (auto& [code, currency] : currencies_) currency.advance(day);
        auto const trust = value_held(day);
        result.value = total_;
        result.status = status_of(trust, result.flows);
        result.complete = !trust.lacks_rate;
        result.positions = positions_;
        return result;
    }

  private:
    void add_line(int asset_id) {
        static AssetSeries const unknown;
        auto const found = market_.assets.find(asset_id);
        if (found == market_.assets.end())
            lines_.emplace_back(asset_id, splits_, unknown, nullptr);
        else
            lines_.emplace_back(asset_id, splits_, found->second,
                                &currency(found->second.currency));
    }

    CurrencyLine const& currency(std::string const& code) {
        static CurrencySeries const unknown;
        if (code == "USD") return currencies_.try_emplace(code, CurrencyLine::usd()).first->second;
        auto const found = market_.currencies.find(code);
        auto const& series = found == market_.currencies.end() ? unknown : found->second;
        return currencies_.try_emplace(code, series).first->second;
    }

    AssetLine& line(int asset_id) {
        return *std::ranges::lower_bound(lines_, asset_id, {}, &AssetLine::asset_id);
    }

    void book() {
        line((*ahead_)->asset_id).book(**ahead_);
        ++ahead_;
    }

    /// Those that were held the day before keep what they had.
    void list_held() {
        auto const held = static_cast<std::size_t>(std::ranges::count_if(lines_, &AssetLine::held));
        auto const listed = [](AssetLine const* line) { return line->held(); };
        if (held == held_.size() && std::ranges::all_of(held_, listed)) return;
        std::vector<DayPosition> positions(held);
        std::vector<AssetLine*> lines;
        lines.reserve(held);
        auto before = positions_.begin();
        for (auto& line : lines_) {
            auto const was_listed =
                before != positions_.end() && before->asset_id == line.asset_id();
            if (line.held()) {
                if (was_listed) positions[lines.size()] = std::move(*before);
                lines.push_back(&line);
            }
            if (was_listed) ++before;
        }
        held_ = std::move(lines);
        positions_ = std::move(positions);
    }

    Trust value_held(Day day) {
        Trust trust;
        total_ = {};
        for (std::size_t i = 0; i < held_.size(); ++i) {
            auto& position = positions_[i];
            trust |= held_[i]->value(day, position);
            if (position.value) total_ += *position.value;
        }
        return trust;
    }

    MarketSeries const& market_;
    Trades trades_;
    Splits splits_;
    std::map<std::string, CurrencyLine> currencies_;
    std::vector<AssetLine> lines_;       ///< by asset
    std::vector<AssetLine*> held_;       ///< by asset
    std::vector<DayPosition> positions_; ///< of `held_`
    Trades::const_iterator ahead_;
    Money total_;
};

} // namespace

void value_days(std::span<Trade const> trades, std::span<Split const> splits, Day today,
                std::span<Checkpoint const> openings, MarketSeries const& market, Day first,
                Day last, DayBefore before, std::function<void(DayValue const&)> const& sink) try {
    Walk walk{trades, splits, today, openings, market, last};
    walk.skip_until(first);
    for (auto day = first; day <= last; day += std::chrono::days{1}) {
        auto value = walk.advance(day);
        value.index = chained(before, value.flows, value.value, value.complete);
        sink(value);
        before = {.value = value.value, .index = value.index, .complete = value.complete};
    }
} catch (std::overflow_error const&) {

    throw beyond_all_bounds();
}

} // namespace portfoliod::valuation
