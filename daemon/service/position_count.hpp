#pragma once

#include "base/time.hpp"
#include "valuation/decimal.hpp"

#include <optional>
#include <vector>

/// What `portfoliod verify` counts a position by. The rules are docs/ARCHITECTURE.md's and docs/FORMULAS.md's; the code is nobody else's:
/// it shares nothing but exact decimals with what it judges.
namespace portfoliod::service {

struct CountedTrade {
    Instant at;
    bool is_buy = true;
    valuation::Quantity quantity;
    valuation::Price price;
    valuation::Price fee;
    std::optional<valuation::Rate>
        rate; ///< USD for one unit of the asset's currency; none known: nothing
};

struct CountedSplit {
    Day ex_date;
    valuation::SplitTerm numerator, denominator;
};

/// A row of portfolio_positions.
struct CountedPosition {
    valuation::Quantity quantity;
    valuation::Price average;
    Day first_purchase;

    friend bool operator==(CountedPosition const&, CountedPosition const&) = default;
};

/// USD, over trades whose rate is known.
struct CountedMoney {
    valuation::Money invested;
    valuation::Money proceeds;
    valuation::Money fees;
    valuation::Money realized;
    bool complete = true; ///< every trade had its rate

    CountedMoney& operator+=(CountedMoney const& other);
};

/// One asset in one portfolio, counted trade by trade.
class PositionCount {
  public:
    /// By ex_date; nothing: none.
    explicit PositionCount(std::vector<CountedSplit> const* splits) : splits_(splits) {}

    /// In order of time, the buys of one time before its sales.
    void add(CountedTrade const& trade);

    /// After the splits until that day.
    CountedPosition end(Day today);
    /// What is held after the last trade.
    [[nodiscard]] valuation::Quantity held();

    [[nodiscard]] bool oversold() const { return oversold_; }

    [[nodiscard]] CountedMoney const& money() const { return money_; }

    /// Of what is held; nothing while the rate of a buy in it is unknown.
    [[nodiscard]] std::optional<valuation::Money> cost() const {
        return cost_known_ ? std::optional{cost_} : std::nullopt;
    }

  private:
    void settle_buys();
    void split_until(Day day);
    void pay(CountedTrade const& trade);
    void be_paid(CountedTrade const& trade);

    std::vector<CountedSplit> const* splits_;
    std::size_t next_ = 0;
    std::optional<Instant> at_;
    valuation::Quantity bought_; ///< at at_, not yet in the position
    valuation::Fixed<24> paid_;
    CountedPosition position_{};
    bool first_ = false;
    bool oversold_ = false;
    CountedMoney money_;
    valuation::Money cost_;
    bool cost_known_ = true;
};

} // namespace portfoliod::service
