#pragma once

#include "base/time.hpp"
#include "market/answer.hpp"
#include "service/condition.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace portfoliod::service {

/// What the daemon counts of itself, and the page that tells it. Used from the loop's thread only.
class Metrics {
  public:
    using Steady = std::chrono::steady_clock;

    explicit Metrics(Clock const& clock) : started_(clock.now()), looked_at_(Steady::now()) {}

    /// A batch of the drain; `all`: nothing was left that was there when it began.
    void drained(std::int64_t changes, bool all, std::chrono::nanoseconds took);
    /// A request to a provider has ended.
    void requested(std::string const& provider, market::OutcomeKind outcome);

    /// A timer of the loop came so much late.
    void lagged(std::chrono::nanoseconds late) { lag_ = late; }

    /// For Prometheus. `figures`: what the tables say, if they could be asked.
    [[nodiscard]] std::string page(Condition const& condition,
                                   std::optional<StoredFigures::Figures> const& figures);

  private:
    /// From the fastest drain there is to the longest a statement may take.
    static constexpr std::array bounds_s = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                            0.25,  0.5,    1.0,   2.5,  10.0,  60.0};

    double outbox_age_s(std::int64_t depth);

    Instant started_;
    std::int64_t changes_ = 0;
    std::array<std::uint64_t, bounds_s.size()>
        batches_{}; ///< by how long they took, the last bound's and longer ones left out
    std::uint64_t batches_all_ = 0;
    double batches_s_ = 0;
    std::map<std::pair<std::string, market::OutcomeKind>, std::uint64_t> requests_;
    std::chrono::nanoseconds lag_{0};
    Steady::time_point looked_at_; ///< when the last look at the outbox began that came to its end
    std::optional<Steady::time_point>
        filled_at_; ///< when somebody who asked first saw it not empty
};

} // namespace portfoliod::service
