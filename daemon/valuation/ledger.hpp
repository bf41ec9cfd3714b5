#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "valuation/decimal.hpp"
#include "valuation/returns.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What a portfolio's trades have cost and brought, in USD: docs/FORMULAS.md.
namespace portfoliod::valuation {

/// This one portfolio cannot be valued; the message says why and what to do. The others are not
/// concerned.
class CannotValue : public Failure {
  public:
    using Failure::Failure;
};

/// For amounts that not even the exact decimals can hold.
CannotValue beyond_all_bounds();

enum class Side : std::uint8_t { buy, sell };

/// A row of `transactions`, as typed.
struct Trade {
    int asset_id = 0;
    Instant timestamp;
    Side side = Side::buy;
    Quantity quantity;
    Price price; ///< in the asset's currency, as the fee
    Price fee;
    std::optional<Rate> rate; ///< the trade's own, else its day's; USD = 1; none known: nothing
};

/// A row of `asset_splits`: numerator new units for denominator old ones, for all held before
/// ex_date.
struct Split {
    int asset_id = 0;
    Day ex_date;
    SplitTerm numerator;
    SplitTerm denominator;
};

/// USD. Trades without a rate are left out of every sum.
struct Totals {
    Money invested;       ///< Σ buys (quantity × price + fee) × rate
    Money proceeds;       ///< Σ sales (quantity × price − fee) × rate
    Money fees;           ///< Σ fee × rate; already within the two above
    Money realized;       ///< Σ sales, net − cost; a sale lacking its rate or its cost is left out
    bool complete = true; ///< every trade has its rate

    Totals& operator+=(Totals const& other);
};

struct DatedFlows {
    Day day;
    DayFlows flows;
};

/// One asset in one portfolio. What is held and its moving-average cost are kept as "this much cost
/// for that many": a sale leaves the average, so it changes neither figure, and selling in one step
/// or in ten rounds alike.
struct Position {
    int asset_id = 0;
    Quantity held;
    Money average_cost;   ///< this cost …
    Quantity average_for; ///< … for so many units: what was held after the last buy or split
    bool cost_known = true;
    std::optional<Price> last_trade_price; ///< of the last trade with one above 0, in today's units
    Totals totals;                         ///< of its trades
    std::vector<CashFlow> flows;    ///< one for each UTC day with a trade that has a rate, by day
    std::vector<DatedFlows> recent; ///< of the last two UTC days with trades, by day

    /// Today and tomorrow may both have trades that count already.
    static constexpr std::size_t recent_days_max = 2;

    /// A buy whose rate is unknown has no cost: the position's cost is unknown from here until it
    /// is closed.
    void buy(Quantity const& quantity, std::optional<Money> const& cost);
    /// Returns the cost of what is sold, if known. More than is held: throws CannotValue.
    std::optional<Money> sell(Quantity const& quantity);
    /// Quantity × numerator / denominator and price the other way round, to the columns' 12 digits
    /// as the position in the database; the cost stays.
    void split(Split const& split);
    void traded_at(Price const& price);
    /// What a trade paid or received; nothing while its rate is unknown. In the order of days.
    void moved(Day day, Side side, std::optional<Money> const& amount);

    /// Cost of what is held; nothing while a buy in it lacks its rate.
    [[nodiscard]] std::optional<Money> cost() const;
};

/// A position right after its last trade, before any later split: a replay of the trades after
/// `through` that starts here ends where one of all trades ends.
struct Checkpoint {
    Position position;
    Instant through; ///< time of the last trade counted
};

struct Ledger {
    Totals totals;
    std::vector<Position> positions;     ///< one for each asset ever traded, by asset_id
    std::vector<Checkpoint> checkpoints; ///< of the positions with trades in this replay
    std::vector<CashFlow> flows;         ///< of all positions, one a day, by day; none of 0

    [[nodiscard]] Position const* find(int asset_id) const;
    /// Of all days after that one, which must not be before yesterday: a position knows its last two
    /// days with trades, and no trade is dated after tomorrow.
    [[nodiscard]] DayFlows flows_after(Day day) const;
};

/// The trades of one portfolio, in any order, and the splits of its assets (others are ignored; one
/// after `today` has no effect yet). Counted by time, within one timestamp buys before sales.
/// An asset that has an opening, at most one, starts from it: its trades up to `through` are left out by the caller.
/// Throws CannotValue when more is sold than held, or beyond all bounds.
Ledger replay(std::span<Trade const> trades, std::span<Split const> splits, Day today,
              std::span<Checkpoint const> openings = {});

} // namespace portfoliod::valuation
