#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace portfoliod {

/// A bell with one waiter: rings while nobody waits are kept, several are one. Used from the loop's
/// thread only.
class Wakeup {
  public:
    explicit Wakeup(boost::asio::any_io_executor const& executor) : timer_(executor) {}

    void ring();
    /// Returns true when rung (at once if it was), false when the time is up; throws when the task
    /// is cancelled.
    boost::asio::awaitable<bool> wait_for(std::chrono::milliseconds time_max);

  private:
    boost::asio::steady_timer timer_;
    bool rung_ = false;
};

/// Waits; throws when the task is cancelled.
boost::asio::awaitable<void> pause(std::chrono::milliseconds time);

} // namespace portfoliod
