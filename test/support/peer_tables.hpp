#pragma once

#include "support/database.hpp"
#include "unit/valuation/peer_books.hpp"

#include <memory>

/// The cases of other trackers as a user would have them: typed into a database, reckoned by the daemon, read from the tables.
namespace portfoliod::test {

class PeerTables final : public valuation::test::PeerBooks {
  public:
    std::vector<valuation::test::KeptDay> days(valuation::test::Portfolio const& portfolio,
                                               Day last) override;
    /// The days are the portfolio's own snapshots, whatever it is handed.
    valuation::test::Reckoned on(valuation::test::Portfolio const& portfolio, Day day,
                                 std::vector<valuation::test::KeptDay> const& days) override;

  private:
    struct Kept {
        valuation::test::Reckoned on;
        std::vector<valuation::test::KeptDay> days;
    };

    /// A portfolio is asked about once for every figure: it is typed in once.
    Kept const& kept(valuation::test::Portfolio const& portfolio, Day day);

    std::map<std::string, Kept> kept_;
};

} // namespace portfoliod::test
