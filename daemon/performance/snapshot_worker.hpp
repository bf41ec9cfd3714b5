#pragma once

#include "base/time.hpp"
#include "base/wakeup.hpp"
#include "db/lane.hpp"
#include "performance/snapshots.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <string_view>

namespace portfoliod::performance {

/// The task that computes snapshots that are due, and then the figures that rest on them. On a lane apart from the drain's: an insert
/// waits neither for midnight nor for ten years of days.
class SnapshotWorker {
  public:
    SnapshotWorker(boost::asio::any_io_executor const& executor, db::Lane& lane, Clock const& clock,
                   std::chrono::seconds fallback_poll);

    /// Some may be due: look now.
    void ring() { wakeup_.ring(); }

    /// From now on.
    void change(std::chrono::seconds fallback_poll) { fallback_poll_ = fallback_poll; }

    /// Called when portfolios were put into the outbox, because somebody held them.
    void on_put_back(std::function<void()> call) { on_put_back_ = std::move(call); }

    /// Asked whether history is arriving: then days are computed now and then only, because with each asset of it they are due
    /// again. Ring when it is no more.
    void while_history_arrives(std::function<bool()> ask) { history_arrives_ = std::move(ask); }

    /// Until cancelled: works when rung, at the latest after the fallback poll.
    boost::asio::awaitable<void> run();

    /// The figures of all portfolios whose snapshots were computed anew; on two of the lane's threads, if it has them: there can be
    /// as many as there are portfolios.
    boost::asio::awaitable<void> refresh_all();

  private:
    boost::asio::awaitable<bool> anything_is_due();
    /// Of portfolios whose days are computed: after refresh_all() of those that the drain was to refresh, and may have too early.
    boost::asio::awaitable<bool> figures_are_due();
    boost::asio::awaitable<bool> is_true(std::string_view question);
    /// After a run from `began` to `ended`.
    boost::asio::awaitable<void> rest(std::chrono::steady_clock::time_point began,
                                      std::chrono::steady_clock::time_point ended);
    /// What is due, with one line of what it was; false when there were no snapshots to compute.
    boost::asio::awaitable<bool> work();
    boost::asio::awaitable<SnapshotsWritten> compute_all();
    boost::asio::awaitable<void> refresh_rest();
    /// False when none was due.
    boost::asio::awaitable<bool> refresh_batch();

    db::Lane& lane_;
    Clock const& clock_;
    std::chrono::seconds fallback_poll_;
    Wakeup wakeup_;
    std::function<void()> on_put_back_ = [] {};
    std::function<bool()> history_arrives_ = [] { return false; };
};

} // namespace portfoliod::performance
