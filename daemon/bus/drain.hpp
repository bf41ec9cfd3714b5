#pragma once

#include "base/time.hpp"
#include "base/wakeup.hpp"
#include "bus/doorbell.hpp"
#include "bus/outbox.hpp"
#include "db/lane.hpp"
#include "tracking/needs.hpp"
#include "tracking/policy.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace portfoliod::bus {

/// What one transaction of the drain did.
struct Drained {
    /// Outbox rows taken, less those put back because somebody holds what they concern.
    std::int64_t rows = 0;
    int jobs = 0;               ///< backfill jobs queued
    int portfolios = 0;         ///< portfolios whose figures changed
    bool snapshots_due = false; ///< of past days
    bool more = false;          ///< the batch was full: there may be another
    // For the journal, once it is committed.
    std::vector<tracking::Holders> holders = {};
    std::vector<tracking::QueuedJob> queued = {};
};

/// Takes one batch of changes and brings everything derived from them up to date: tracked assets,
/// backfill jobs, figures, announcements. One transaction: the outbox rows are gone exactly when
/// their effect is there.
/// `next_day`: before it, days are over, or may be by another daemon's clock: their snapshots are noted. Nothing: today.
Drained drain_batch(db::Transaction& transaction, Day today, tracking::Policy const& policy,
                    std::optional<Day> next_day = {});

/// Queues everything that is missing, from the tables alone; for start-up, reconnection and each
/// new day. Waits no longer than a second for a lock of somebody's open transaction: db::Error 55P03.
int request_everything_missing(db::Transaction& transaction, Day today,
                               tracking::Policy const& policy);

/// The task that keeps the outbox empty.
class Drain {
  public:
    /// `lane` has one thread.
    Drain(boost::asio::any_io_executor const& executor, db::Lane& lane, Doorbell& doorbell,
          Clock const& clock, tracking::Policy policy, std::chrono::seconds fallback_poll);

    /// Something may have changed: look now.
    void ring() {
        at_once_ = true;
        wakeup_.ring();
    }

    /// Prices or rates changed: look now, but not again and again. While history arrives they change many times a second, and each look
    /// values everybody who holds the asset.
    void ring_for_market() { wakeup_.ring(); }

    /// Some may be writing in silence: look now, and do not sleep before they are done.
    void ring_for_silence();

    /// Anything may have been missed: look at everything.
    void ring_for_everything();

    /// Whether everything was looked at since the start: until then nobody knows which history is missing.
    [[nodiscard]] bool looked_at_everything() const { return everything_seen_on_ != Day{}; }

    /// From the next batch on.
    void change(tracking::Policy policy, std::chrono::seconds fallback_poll);

    /// Called when backfill jobs were queued.
    void on_jobs_queued(std::function<void()> call) { on_jobs_queued_ = std::move(call); }

    /// Called when snapshots of past days became due.
    void on_snapshots_due(std::function<void()> call) { on_snapshots_due_ = std::move(call); }

    /// Called after each batch, with how long it took; one of no rows was the last look.
    using OnBatch = std::function<void(Drained const&, std::chrono::nanoseconds took)>;

    void on_batch(OnBatch call) { on_batch_ = std::move(call); }

    /// Until cancelled: drains when rung, at the latest after the fallback poll; when the day
    /// changes, looks at everything.
    boost::asio::awaitable<void> run();
    /// Works off what there is now, and returns how many rows that were; throws db::Error. What comes meanwhile is for
    /// the next call, so that this one ends under a steady stream.
    boost::asio::awaitable<std::int64_t> drain_all();

  private:
    boost::asio::awaitable<void> look_at_everything();
    /// Whether all could be: not those in which somebody holds a position.
    boost::asio::awaitable<bool> apply_due_splits();
    void put_off(); ///< the look at everything
    /// Or until somebody rings who must not wait.
    boost::asio::awaitable<void> rest_until(std::chrono::steady_clock::time_point end);

    db::Lane& lane_;
    Doorbell& doorbell_;
    Clock const& clock_;
    tracking::Policy policy_;
    std::chrono::seconds fallback_poll_;
    Wakeup wakeup_;
    bool at_once_ = false; ///< rung by other than the market
    /// When the last pass is far enough behind for what the market changed.
    std::chrono::steady_clock::time_point rested_at_{};
    std::function<void()> on_jobs_queued_ = [] {};
    std::function<void()> on_snapshots_due_ = [] {};
    bool snapshots_due_ = false; ///< and not told yet
    OnBatch on_batch_ = [](auto const&, auto) {};
    bool everything_ = true;
    Day everything_seen_on_{};
    std::chrono::steady_clock::time_point not_before_{}; ///< somebody was in the way
    bool held_up_ = false;                               ///< and that was said
};

} // namespace portfoliod::bus
