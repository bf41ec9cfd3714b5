#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>

namespace portfoliod {

/// One wait at a time. Used from the loop's thread only.
class Timer {
  public:
    Timer() = default;
    Timer(Timer const&) = delete;
    Timer& operator=(Timer const&) = delete;
    virtual ~Timer() = default;

    /// Returns when the time has passed or somebody woke it; throws when the task is cancelled.
    virtual boost::asio::awaitable<void> wait(std::chrono::milliseconds time) = 0;
    /// Ends the wait at hand; nothing when there is none.
    virtual void wake() = 0;
};

/// Whoever waits for time to pass by a Clock is handed timers that go with it, so that tests move
/// both.
class Timers {
  public:
    Timers() = default;
    Timers(Timers const&) = delete;
    Timers& operator=(Timers const&) = delete;
    virtual ~Timers() = default;
    virtual std::unique_ptr<Timer> make() = 0;
};

/// Real time.
class SteadyTimers final : public Timers {
  public:
    explicit SteadyTimers(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    std::unique_ptr<Timer> make() override;

  private:
    boost::asio::any_io_executor executor_;
};

} // namespace portfoliod
