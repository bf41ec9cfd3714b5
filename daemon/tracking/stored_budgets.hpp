#pragma once

#include "db/lane.hpp"
#include "market/budgets.hpp"

namespace portfoliod::tracking {

/// The budgets in the database: portfoliod.provider_usage and provider_state, shared by every daemon
/// and command there. While the database is away nothing is granted.
class StoredBudgets final : public market::Budgets {
  public:
    /// `lane` outlives it; its commits must wait for the disk.
    explicit StoredBudgets(db::Lane& lane) : lane_(lane) {}

    boost::asio::awaitable<market::Grant>
    charge(std::string provider, std::vector<market::WindowUse> windows, int wanted) override;
    boost::asio::awaitable<bool> note(std::string provider, market::Standing standing) override;

  private:
    db::Lane& lane_;
};

} // namespace portfoliod::tracking
