#pragma once

#include "base/time.hpp"
#include "market/budgets.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace portfoliod::test {

/// The stored budgets by the rules of charge_provider() and note_provider(), without a database: it
/// outlives the market that charges it, as the tables outlive a daemon.
class MemoryBudgets final : public market::Budgets {
  public:
    explicit MemoryBudgets(Clock const& clock) : clock_(clock) {}

    boost::asio::awaitable<market::Grant>
    charge(std::string provider, std::vector<market::WindowUse> windows, int wanted) override {
        ++calls;
        if (!reachable) co_return market::Grant{0, std::chrono::seconds{10}, false, {}};
        auto const now = clock_.now();
        auto& known = providers_[provider];
        market::Grant grant{wanted, {}, true, known.standing};
        grant.standing.paused_for =
            std::max(std::chrono::milliseconds{0},
                     std::chrono::ceil<std::chrono::milliseconds>(known.paused_until - now));
        grant.wait = grant.standing.paused_for;
        for (auto const& window : windows) {
            auto& uses = known.uses[window.length];
            while (!uses.empty() && uses.front().until <= now) uses.pop_front();
            auto used = 0;
            for (auto const& use : uses) used += use.requests;
            grant.requests = std::min(grant.requests, window.requests_max - used);
            for (auto const& use : uses) {
                if (used < window.requests_max) break;
                used -= use.requests;
                grant.wait = std::max(
                    grant.wait, std::chrono::ceil<std::chrono::milliseconds>(use.until - now));
            }
        }
        if (grant.standing.paused_for.count() > 0 || grant.requests < 0) grant.requests = 0;
        for (auto const& window : windows)
            if (grant.requests > 0)
                known.uses[window.length].push_back({now + window.length + window.length / 128 +
                                                         market::stored_permit_valid(window.length),
                                                     grant.requests});
        granted += grant.requests;
        co_return grant;
    }

    boost::asio::awaitable<bool> note(std::string provider, market::Standing standing) override {
        if (!reachable) co_return false;
        auto& known = providers_[provider];
        known.paused_until = std::max(known.paused_until, clock_.now() + standing.paused_for);
        known.standing = std::move(standing);
        co_return true;
    }

    [[nodiscard]] market::Standing noted(std::string const& provider) const {
        auto const found = providers_.find(provider);
        return found == providers_.end() ? market::Standing{} : found->second.standing;
    }

    bool reachable = true;
    int calls = 0;
    int granted = 0;

  private:
    struct Use {
        Instant until;
        int requests;
    };

    struct Known {
        std::map<std::chrono::milliseconds, std::deque<Use>> uses;
        Instant paused_until{};
        market::Standing standing;
    };

    Clock const& clock_;
    std::map<std::string, Known> providers_;
};

} // namespace portfoliod::test
