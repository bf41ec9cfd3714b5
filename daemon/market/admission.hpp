#pragma once

#include "base/timer.hpp"
#include "market/allotment.hpp"
#include "market/limiter.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <optional>

namespace portfoliod::market {

class Admission;

/// One request may be under way for as long as this lives. Its Admission must outlive it.
class Permit {
  public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

  private:
    friend class Admission;

    explicit Permit(Admission& admission) : admission_(&admission) {}

    Admission* admission_;
};

/// The line before one provider: first come, first served. Used from the loop's thread only.
class Admission {
  public:
    /// All of them must outlive it; `timers` go with the limiter's clock.
    Admission(Timers& timers, Limiter& limiter, Allotment& allotment);
    Admission(Admission const&) = delete;
    Admission& operator=(Admission const&) = delete;
    ~Admission() = default;

    /// Waits for its turn, a free slot, the provider's windows and a charged request. Nothing when
    /// that is known to take, or took, longer than max_wait, or when the line is full. Throws
    /// operation_aborted when the task is cancelled.
    boost::asio::awaitable<std::optional<Permit>> acquire(std::chrono::milliseconds max_wait);

    [[nodiscard]] std::size_t waiting() const { return line_.size(); }

  private:
    friend class Permit;
    using Line = std::list<std::unique_ptr<Timer>>;

    /// A place in the line; given back on every way out, and whoever is first then looks again.
    struct Place {
        explicit Place(Admission& admission);
        Place(Place const&) = delete;
        Place& operator=(Place const&) = delete;
        ~Place();

        Admission& admission;
        Line::iterator at;
    };

    void release();
    void wake_first();

    Timers& timers_;
    Limiter& limiter_;
    Allotment& allotment_;
    Line line_;
};

} // namespace portfoliod::market
