#include "service/pulse.hpp"

#include "base/log.hpp"
#include "service/systemd.hpp"

#include <algorithm>

namespace portfoliod::service {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds slowest = 30s;
/// While the database is away the line counts the seconds.
constexpr std::chrono::milliseconds while_away = 5s;
/// However much happens, the line changes no more often.
constexpr std::chrono::milliseconds fastest = 3s;
/// How long the pulse may wait for the figures of a line.
constexpr auto figures_wait_max = 1s;
/// systemd waits so much longer for us to be ready, from the last time we say so.
constexpr auto more_time_to_start = 60s;

std::chrono::milliseconds interval() {
    auto const watchdog = watchdog_time();
    return watchdog ? std::clamp(*watchdog / 2, std::chrono::milliseconds{1}, slowest) : slowest;
}

} // namespace

Pulse::Pulse(asio::any_io_executor const& executor, Clock const& clock, Condition& condition,
             StoredFigures& figures, Metrics& metrics)
    : clock_(clock)
    , condition_(condition)
    , figures_(figures)
    , metrics_(metrics)
    , wakeup_(executor)
    , interval_(interval()) {}

void Pulse::ring() { wakeup_.ring(); }

void Pulse::ring_for_figures() {
    figures_wanted_ = true;
    ring();
}

std::chrono::milliseconds Pulse::next_beat() const {
    return condition_.unreachable_since ? std::min(interval_, while_away) : interval_;
}

asio::awaitable<void> Pulse::run() {
    using Steady = std::chrono::steady_clock;
    for (;;) {
        auto const beat_at = Steady::now();
        beat();
        if (figures_wanted_ && condition_.schema_fits && condition_.connected) {
            auto reading = read_figures();
            co_await std::move(reading);
            beat();
        }
        auto const due = beat_at + next_beat();
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(due - Steady::now());
        if (!co_await wakeup_.wait_for(std::max(left, std::chrono::milliseconds{0}))) {
            metrics_.lagged(std::max<std::chrono::nanoseconds>(Steady::now() - due, 0ns));
            continue;
        }
        // However much rings, and still within the watchdog's time.
        auto const rest = beat_at + std::min(fastest, interval_) - Steady::now();
        if (rest > 0ns) co_await pause(std::chrono::ceil<std::chrono::milliseconds>(rest));
    }
}

asio::awaitable<void> Pulse::read_figures() {
    figures_wanted_ = false; // rung again meanwhile: read again
    auto reading = figures_.get(0ms, figures_wait_max);
    auto figures = co_await std::move(reading);
    if (figures)
        condition_.figures = std::move(figures);
    else
        figures_wanted_ = true;
}

void Pulse::beat() {
    notify_alive();
    if (!condition_.schema_fits && !condition_.stopping) notify_starting(more_time_to_start);
    log::write_what_is_due();
    auto line = status_line(condition_, clock_.now());
    if (line == said_) return;
    notify_status(line);
    said_ = std::move(line);
}

} // namespace portfoliod::service
