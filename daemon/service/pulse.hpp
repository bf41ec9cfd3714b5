#pragma once

#include "base/time.hpp"
#include "base/wakeup.hpp"
#include "service/condition.hpp"
#include "service/metrics.hpp"
#include "service/stored_figures.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace portfoliod::service {

/// Tells systemd that the loop is alive, and in a line what it does. The one timer that always runs:
/// twice within the watchdog's time, else twice a minute.
class Pulse {
  public:
    /// All outlive it.
    Pulse(boost::asio::any_io_executor const& executor, Clock const& clock, Condition& condition,
          StoredFigures& figures, Metrics& metrics);

    /// The condition is another: the line is written anew, soon.
    void ring();
    /// Figures of the tables that the line tells may be others.
    void ring_for_figures();

    /// Until cancelled.
    boost::asio::awaitable<void> run();

  private:
    [[nodiscard]] std::chrono::milliseconds next_beat() const;
    boost::asio::awaitable<void> read_figures();
    void beat();

    Clock const& clock_;
    Condition& condition_;
    StoredFigures& figures_;
    Metrics& metrics_;
    Wakeup wakeup_;
    std::chrono::milliseconds interval_;
    bool figures_wanted_ = true;
    std::string said_;
};

} // namespace portfoliod::service
