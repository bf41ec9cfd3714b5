#pragma once

#include "unit/valuation/peer_case.hpp"

/// Who is asked what a case's portfolio comes to: the core alone, or the daemon by way of its tables.
namespace portfoliod::valuation::test {

/// A portfolio at the end of a day.
struct Reckoned {
    Figures figures;
    long double cost = 0; ///< of what is held, with fees
    long double quantity = 0;
    long double average =
        0; ///< what a share cost without its fee, in its own currency; of one asset
    long double proceeds = 0; ///< of what was sold, less fees
    std::optional<Day> first_flow;
};

/// The base currency of a case is "USD" in what is handed over, another currency "other XXX".
class PeerBooks {
  public:
    PeerBooks() = default;
    PeerBooks(PeerBooks const&) = delete;
    PeerBooks& operator=(PeerBooks const&) = delete;
    virtual ~PeerBooks() = default;

    /// From the first trade's to `last`.
    virtual std::vector<KeptDay> days(Portfolio const& portfolio, Day last) = 0;
    /// `days` are those from which the changes are told, should they not be of this portfolio alone.
    virtual Reckoned on(Portfolio const& portfolio, Day day, std::vector<KeptDay> const& days) = 0;
};

class CoreBooks final : public PeerBooks {
  public:
    std::vector<KeptDay> days(Portfolio const& portfolio, Day last) override;
    Reckoned on(Portfolio const& portfolio, Day day, std::vector<KeptDay> const& days) override;
};

template <int Scale>
long double real(Fixed<Scale> const& value) {
    return std::strtold(value.to_text().c_str(), nullptr);
}

/// The index at the end of a day, 1 before the first.
std::optional<Index> index_on(std::vector<KeptDay> const& days, Day day);

} // namespace portfoliod::valuation::test
