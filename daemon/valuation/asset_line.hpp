#pragma once

#include "valuation/daily.hpp"
#include "valuation/timeline.hpp"

#include <algorithm>

/// One asset of one portfolio, day by day. Parts of value_days(), not for callers.
namespace portfoliod::valuation {

/// The last entry not after a day. Days are asked for in order, so that most of the time it is the
/// same or the next one.
template <class Entry>
class Cursor {
  public:
    explicit Cursor(std::vector<Entry> const& entries)
        : ahead_(entries.begin()), begin_(ahead_), end_(entries.end()) {}

    /// Returns whether it is another entry now.
    bool advance(Day day) {
        if (ahead_ == end_ || ahead_->day > day) return false;
        ++ahead_;
        if (ahead_ != end_ && ahead_->day <= day)
            ahead_ = std::ranges::upper_bound(ahead_, end_, day, {}, &Entry::day);
        return true;
    }

    /// Null before the first.
    [[nodiscard]] Entry const* current() const {
        return ahead_ == begin_ ? nullptr : &*std::prev(ahead_);
    }

  private:
    using Place = typename std::vector<Entry>::const_iterator;
    Place ahead_;
    Place begin_;
    Place end_;
};

/// The rate of one currency at the end of the day it has come to.
class CurrencyLine {
  public:
    static CurrencyLine usd();
    explicit CurrencyLine(CurrencySeries const& series);

    void advance(Day day);

    [[nodiscard]] std::optional<Rate> const& rate() const { return rate_; }

    [[nodiscard]] bool changed() const { return changed_; } ///< since the day before

    [[nodiscard]] bool pending() const { return pending_; } ///< a later one may be on its way

    [[nodiscard]] bool stale() const { return stale_; }

  private:
    CurrencyLine() = default;

    std::optional<Cursor<DatedRate>> rates_; ///< nothing: USD
    std::vector<DayRange> const* awaited_ = nullptr;
    std::optional<Rate> rate_;
    bool changed_ = false;
    bool pending_ = false;
    bool stale_ = false;
};

/// A product of splits in lowest terms, exact.
struct SplitFactor {
    units::Wide numerator{1};
    units::Wide denominator{1};

    SplitFactor& operator*=(Split const& split);
};

/// How far one position may be trusted on a day.
struct Trust {
    bool lacks_rate = false;
    bool estimated = false;
    bool stale = false;

    Trust& operator|=(Trust const& other);
};

class AssetLine {
  public:
    /// `currency` is null when not even the asset is known. What is referred to outlives the line.
    AssetLine(int asset_id, Splits const& effective, AssetSeries const& series,
              CurrencyLine const* currency);

    [[nodiscard]] int asset_id() const { return position_.asset_id; }

    [[nodiscard]] bool held() const { return !position_.held.is_zero(); }

    void open(Checkpoint const& opening);
    /// In order; the splits up to its day first.
    void book(Trade const& trade);
    void split_until(Day day);

    /// Brings `position`, as it was the day before if it was, to the end of `day`. Only what is not as it was is multiplied again.
    Trust value(Day day, DayPosition& position);

  private:
    void note_position(DayPosition& position);
    void note_price(DayPosition& position) const;
    [[nodiscard]] std::optional<Money> worth(DayPosition const& position) const;
    [[nodiscard]] Trust trust(Day day) const;

    Position position_; ///< its costs are not kept
    SplitsAhead ahead_;
    CurrencyLine const* currency_;
    std::vector<DayRange> const* awaited_;
    Cursor<Close> closes_;
    bool changed_ = true;          ///< the position, since it was valued last
    units::Wide in_todays_shares_; ///< × denominator: quantity × numerator of all later splits
    units::Wide denominator_{1};
};

} // namespace portfoliod::valuation
