#pragma once

#include "base/spawn.hpp"
#include "base/time.hpp"
#include "base/wakeup.hpp"
#include "db/lane.hpp"
#include "market/calendars.hpp"
#include "market/market.hpp"
#include "performance/snapshot_worker.hpp"
#include "schedule/quotes.hpp"
#include "schedule/trading.hpp"
#include "tracking/policy.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::schedule {

/// The `schedule` part of the configuration; absent = off.
struct Intervals {
    std::optional<std::chrono::seconds> quotes = std::chrono::minutes{5};
    std::optional<std::chrono::seconds> exchange_rates = std::chrono::hours{1};
    std::optional<std::chrono::seconds> performance = std::chrono::minutes{15};
    std::chrono::seconds fallback_poll{60};
    std::optional<std::chrono::minutes> upkeep = std::chrono::hours{3}; ///< time of day, UTC
};

/// What runs by the clock. Only the daemon that leads does it; the others stand by.
class Schedule {
  public:
    Schedule(boost::asio::any_io_executor executor, db::Lane& lane, market::Market& market,
             market::Calendars const& calendars, performance::SnapshotWorker& snapshots,
             Clock const& clock, Intervals intervals, tracking::Policy policy, Tasks& tasks);

    /// Spawns one task for each thing; one that is off stands by.
    void start();
    void lead(bool leads);

    [[nodiscard]] bool leads() const { return leads_; }

    /// From now on; what is under way ends as it began.
    void change(Intervals intervals, tracking::Policy policy);

    /// Called when quotes were stored.
    void on_quotes(std::function<void()> call) { quotes_.on_quotes(std::move(call)); }

  private:
    /// Returns what went wrong, "" for nothing; throws db::Error.
    using Action = boost::asio::awaitable<std::string> (Schedule::*)();

    /// One of the Intervals, read anew each time: it may change.
    template <class Duration>
    using Interval = std::optional<Duration> Intervals::*;

    boost::asio::awaitable<void> every(Interval<std::chrono::seconds> interval, Action action,
                                       char const* name, Wakeup& leading);
    boost::asio::awaitable<void> daily(Interval<std::chrono::minutes> time_of_day, Action action,
                                       char const* name, Wakeup& leading);
    /// False when the database failed it.
    boost::asio::awaitable<bool> attempt(Action action, char const* name);
    /// The same, written down for `portfoliod status`.
    boost::asio::awaitable<bool> attempt_and_note(Action action, char const* name);
    boost::asio::awaitable<bool> run(Action action, char const* name, std::string& problem);

    boost::asio::awaitable<void> each_midnight(Wakeup& leading);
    boost::asio::awaitable<std::string> mark_missing_snapshots();
    boost::asio::awaitable<void> get_quotes(Wakeup& leading);
    boost::asio::awaitable<std::string> look_for_quotes();
    [[nodiscard]] std::vector<Trading> trading_of(std::vector<Held> const& held) const;
    boost::asio::awaitable<std::string> fetch_exchange_rates();
    boost::asio::awaitable<std::string> refresh_performance();
    boost::asio::awaitable<std::string> keep_up();

    boost::asio::any_io_executor executor_;
    db::Lane& lane_;
    market::Market& market_;
    market::Calendars const& calendars_;
    performance::SnapshotWorker& snapshots_;
    Clock const& clock_;
    Intervals intervals_;
    tracking::Policy policy_;
    Tasks& tasks_;
    std::list<Wakeup> waiting_; ///< one for each task, rung when this daemon begins to lead
    Quotes quotes_;
    std::optional<Instant> refreshed_at_;
    bool leads_ = false;
    int led_ = 0; ///< how often it began to
};

} // namespace portfoliod::schedule
