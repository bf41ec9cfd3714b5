#pragma once

#include "valuation/ledger.hpp"
#include "valuation/returns.hpp"

#include <optional>
#include <span>
#include <string>

/// The figures of portfolio_performance_cache. Formulas and worked examples: docs/FORMULAS.md.
namespace portfoliod::valuation {

/// How far the figures may be trusted; the first that applies, the worst first.
enum class Status : std::uint8_t {
    incomplete, ///< a held position or a trade lacks its rate: amounts cover the rest, percentages
                ///< are undefined
    estimated,  ///< a held position's price is none, a trade's or provisional, or its history or
                ///< the portfolio's snapshots are still pending
    stale,      ///< a held position's close or rate is more than 7 days old
    final,
};

char const* to_text(Status status);

/// Older than that, a close or a rate is stale: longer than any weekend.
inline constexpr auto fresh_for = std::chrono::days{7};

/// The last row of asset_prices, in today's units and the asset's currency.
struct Close {
    Price price;
    Day day;                  ///< its label
    bool provisional = false; ///< not is_final: written by a quote
};

struct LatestRate {
    Rate rate;
    std::optional<Day> day; ///< when it was stated; nothing for USD, whose rate has no age

    static LatestRate usd() { return {.rate = Rate::parse("1"), .day = {}}; }
};

/// A position with what is known of its asset today. Those of quantity 0 may be left out.
struct Holding {
    int asset_id = 0;
    Quantity quantity;
    std::optional<Close> close;
    std::optional<LatestRate> rate; ///< none known: nothing, never 1
    /// Of prices, rates or after a split: queued. Of a quantity of 0 only that of rates counts.
    bool history_pending = false;
};

/// What today's returns start from: the portfolio's snapshots. 1 before the first trade.
struct History {
    DayBefore yesterday;        ///< its end
    std::optional<Index> week;  ///< at the end of the day 7 days ago
    std::optional<Index> month; ///< of months_before(today, 1)
    std::optional<Index> year;  ///< of months_before(today, 12)
};

/// Undefined is nothing, never 0.
struct Figures {
    Money value; ///< current_value_usd, exact
    Cents current_value_usd;
    Cents total_invested_usd;
    std::optional<Percent> total_return_pct;
    Cents realized_gain_usd;
    Cents unrealized_gain_usd;
    Cents fees_usd;
    std::optional<Percent> day_change_pct;
    std::optional<Percent> week_change_pct;
    std::optional<Percent> month_change_pct;
    std::optional<Percent> year_change_pct;
    std::optional<Percent> twr_pct;
    std::optional<Percent> xirr_pct;
    std::optional<Percent> priced_share_pct;
    Status status = Status::final;
    bool percentage_too_large =
        false; ///< one is nothing because NUMERIC(14,4), or its index's NUMERIC(24,12), cannot hold it
};

/// An amount does not fit its column, DECIMAL(18,2).
class AmountTooLarge : public CannotValue {
  public:
    AmountTooLarge(std::string figure, Money const& amount);

    [[nodiscard]] std::string const& figure() const { return figure_; } ///< the column's name

  private:
    std::string figure_;
};

/// For a column of DECIMAL(18,2), whose name is the figure's. Throws AmountTooLarge.
Cents amount(char const* figure, Money const& exact);

/// One portfolio as of `today`: its positions and what its trades amount to, those dated up to a day
/// ahead included, as the positions include them. Amounts are exact until they are rounded once, half
/// away from zero. Without a history (the snapshots are behind) changes and twr_pct are undefined and the
/// status is `estimated` at best. Throws CannotValue.
Figures current_figures(std::span<Holding const> holdings, Ledger const& ledger, Day today,
                        History const* history);

} // namespace portfoliod::valuation
