#pragma once

#include "market/budgets.hpp"
#include "market/limiter.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace portfoliod::market {

/// Requests that are charged to one provider's stored budget and not yet sent. They are charged in
/// blocks of at most 1/64 of each limit (one by one for a limit below 128), and what is not sent in
/// time is lost: so a crash costs a little of the budget and never exceeds it.
class Allotment {
  public:
    /// `limiter` and `budgets` outlive it; without budgets everything is counted in memory alone.
    Allotment(std::string provider, Limiter& limiter, Budgets* budgets);

    /// Whether a request may be sent without charging first.
    [[nodiscard]] bool holds_one();
    void spend();
    /// Charges a block. When there is none the limiter says how long to wait.
    boost::asio::awaitable<void> charge();

    /// False when the store could not be asked the last time.
    [[nodiscard]] bool reachable() const { return reachable_; }

  private:
    void take(Grant const& grant, Limiter::Uptime asked_at);
    [[nodiscard]] std::vector<WindowUse> stored_windows();
    [[nodiscard]] int block_max(std::vector<WindowUse> const& windows) const;

    std::string provider_;
    Limiter& limiter_;
    Budgets* budgets_;
    int in_hand_ = 0;
    int spent_ = 0; ///< of the last block: the next is at most twice as large
    Limiter::Uptime good_until_{0};
    bool reachable_ = true;
    bool knows_standing_ = false;
};

} // namespace portfoliod::market
