#pragma once

#include "market/limiter.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <list>
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
    /// `limiter` must outlive it.
    Admission(boost::asio::any_io_executor executor, Limiter& limiter);
    Admission(Admission const&) = delete;
    Admission& operator=(Admission const&) = delete;
    ~Admission() = default;

    /// Waits for its turn, a free slot and the provider's windows. Nothing when that is known to
    /// take, or took, longer than max_wait, or when the line is full. Throws operation_aborted when
    /// the task is cancelled.
    boost::asio::awaitable<std::optional<Permit>> acquire(std::chrono::milliseconds max_wait);

    [[nodiscard]] std::size_t waiting() const { return line_.size(); }

  private:
    friend class Permit;
    using Line = std::list<boost::asio::steady_timer>;

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

    boost::asio::any_io_executor executor_;
    Limiter& limiter_;
    Line line_;
};

} // namespace portfoliod::market
