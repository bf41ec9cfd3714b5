#pragma once

#include "base/time.hpp"
#include "db/listening.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace portfoliod::bus {

/// Who is told what the listener hears. Notifications are only hints: their payload is not looked
/// at.
struct Hearer {
    /// A transaction is in the outbox.
    std::function<void()> changed;
    /// A price or a rate is, or history is no longer awaited.
    std::function<void()> market_changed;
    /// A daemon holds the doorbell, perhaps ourselves, or did when it said so: others write in silence.
    std::function<void()> doorbell_taken;
    /// A job was queued, or set back to pending by hand.
    std::function<void()> backfill_requested;
    /// Connected, or connected again: anything may have been missed.
    std::function<void()> assume_everything_was_missed;
    /// Connected no more, and why; once for each connection that was or could not be made.
    std::function<void(std::string const& why)> lost = [](auto const&) {};
    /// Whether this daemon is the one that runs the schedule; false while disconnected.
    std::function<void(bool leads)> leadership;
};

/// Keeps one LISTENing connection, for ever: connect, LISTEN, assume everything was missed, wait,
/// dispatch.
class Listener {
  public:
    /// After each `heartbeat` of silence the server is asked whether it still knows us, so that a
    /// connection that died without a word is noticed after that and options.answer_time_max.
    Listener(boost::asio::any_io_executor executor, db::SessionOptions options, Clock const& clock,
             Hearer hearer, std::chrono::seconds heartbeat = std::chrono::seconds{30});

    boost::asio::awaitable<void> run();

  private:
    using Connection = std::unique_ptr<db::Listening>;

    boost::asio::awaitable<Connection> connect();
    boost::asio::awaitable<void> listen(db::Listening& connection);
    boost::asio::awaitable<void> check(db::Listening& connection);
    void dispatch(db::Notification const& notification);
    void report_lost(std::string const& why);
    void report_connected();

    boost::asio::any_io_executor executor_;
    db::SessionOptions options_;
    Clock const& clock_;
    Hearer hearer_;
    std::chrono::seconds heartbeat_;
    boost::asio::thread_pool thread_{1}; ///< for the blocking calls of the connection
    std::optional<Instant> lost_at_;
};

} // namespace portfoliod::bus
