#pragma once

#include "db/rows.hpp"
#include "db/session.hpp"
#include "valuation/decimal.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::performance {

/// Days that are worth something else than was written before. Each is logged at debug; one line a portfolio at notice when days that
/// were final moved by more than 0.5 %.
class Restatements {
  public:
    /// A row of merge_snapshots() with an old value.
    void add(db::Row const& row);
    /// To be told once they are committed.
    void tell() const;
    Restatements& operator+=(Restatements const& other);

    [[nodiscard]] int days() const { return days_; }

  private:
    struct Moved {
        int days = 0;
        Day worst_day;
        valuation::Cents worst_old;
        valuation::Cents worst_new;
    };

    void note_moved(int portfolio, Day day, valuation::Cents const& before,
                    valuation::Cents const& now);

    std::map<int, Moved> moved_;     ///< by portfolio
    std::vector<std::string> lines_; ///< at debug, one a day
    int days_ = 0;
};

/// Logs that this portfolio's figures ("current" or "snapshots") stay as they were, and writes it down for portfolio_problems;
/// of snapshots those from `since` on are owed.
void note_problem(db::Transaction& transaction, int portfolio, char const* figures,
                  std::string const& problem, std::optional<Day> since = {});

} // namespace portfoliod::performance
