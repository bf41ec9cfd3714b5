#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <functional>
#include <list>
#include <string>
#include <string_view>

namespace portfoliod {

/// Owns the background tasks of one executor. Every task has a name, and whoever owns the tasks
/// decides what an exception that leaves one means; none vanishes. Used from the loop's thread
/// only.
class Tasks {
  public:
    using OnFailure = std::function<void(std::string_view task, std::exception_ptr error)>;

    Tasks(boost::asio::any_io_executor executor, OnFailure on_failure);
    Tasks(Tasks const&) = delete;
    Tasks& operator=(Tasks const&) = delete;
    ~Tasks() = default;

    /// Starts a task; after stop(), one that is cancelled at its first wait. What it refers to must
    /// outlive join().
    void spawn(std::string name, boost::asio::awaitable<void> task);
    /// Asks every task to end: whatever each waits for is cancelled.
    void stop();
    /// Returns when no task is left.
    boost::asio::awaitable<void> join();

    [[nodiscard]] bool stopping() const { return stopping_; }

  private:
    struct Task {
        std::string name;
        boost::asio::cancellation_signal cancel;
    };

    void ended(std::list<Task>::iterator task, std::exception_ptr const& error);

    boost::asio::any_io_executor executor_;
    OnFailure on_failure_;
    std::list<Task> tasks_;
    boost::asio::steady_timer last_ended_;
    bool stopping_ = false;
};

/// An exception's message.
std::string describe(std::exception_ptr const& error);

/// True for the exception with which a cancelled wait ends.
bool is_cancellation(std::exception_ptr const& error);

} // namespace portfoliod
