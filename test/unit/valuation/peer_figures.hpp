#pragma once

#include "unit/valuation/peer_books.hpp"

/// What we say to what a case expects, key by key.
namespace portfoliod::valuation::test {

/// How a figure is compared.
enum class Kind : std::uint8_t {
    amount,   ///< to a cent
    quantity, ///< to the last digit but one
    fraction, ///< to 0.0001 percentage points
};

struct Answer {
    long double value = 0;
    Kind kind = Kind::amount;
};

/// Why a key is not compared: it is of FIFO, of another method, or not a figure at all. "" when it is.
std::string not_ours(std::string const& key, std::string const& method);

/// One view of a case, as the books have it.
class PeerFigures {
  public:
    PeerFigures(json::object const& peer, View view, PeerBooks& books);

    /// By the key of `expected`; nothing for one it does not know.
    [[nodiscard]] std::optional<Answer> figure(std::string const& key) const;

    [[nodiscard]] std::vector<KeptDay> const& days() const { return days_; }

    [[nodiscard]] View const& view() const { return view_; }

  private:
    [[nodiscard]] std::optional<Answer> held_figure(std::string const& key) const;
    [[nodiscard]] std::optional<Answer> gain_figure(std::string const& key) const;
    [[nodiscard]] std::optional<Answer> return_figure(std::string const& key) const;
    [[nodiscard]] std::optional<Answer> period_figure(std::string const& key) const;
    [[nodiscard]] std::optional<Answer> forex_figure(std::string const& key) const;
    [[nodiscard]] Figures current(View const& view) const;
    [[nodiscard]] Reckoned reckoned(View const& view) const;
    [[nodiscard]] View gross() const;
    [[nodiscard]] View native() const;
    [[nodiscard]] long double drawdown(Day day) const;
    [[nodiscard]] KeptDay const* end_of_day(Day day) const;
    [[nodiscard]] long double pnl(DayRange const& period) const;
    [[nodiscard]] long double moved(DayRange const& period) const;
    [[nodiscard]] long double grown(DayRange const& period) const;
    [[nodiscard]] Figures from(Day start) const;

    json::object const& peer_;
    View view_;
    PeerBooks& books_;
    std::vector<KeptDay> days_; ///< from the first movement to the view's day
};

} // namespace portfoliod::valuation::test
