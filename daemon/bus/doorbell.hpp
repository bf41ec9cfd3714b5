#pragma once

#include "base/rest.hpp"
#include "base/wakeup.hpp"
#include "db/lane.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::bus {

/// When the bell is taken and given back.
struct DoorbellPolicy {
    bool allowed = true;         ///< bus.doorbell: auto or off
    std::int64_t busy_rows = 64; ///< a batch of as many is a busy one
    int busy_batches = 3;        ///< as many in a row take the bell: a person's pace never does
    int quiet_passes = 4;        ///< as many in a row give it back
    /// Between two passes while it is taken: a drain takes the processor from the writers it races with, and what changes again
    /// meanwhile is computed once.
    Rest rest{.share = 4,
              .shortest = std::chrono::milliseconds{250},
              .longest = std::chrono::milliseconds{2000}};
};

/// Says when writers need not notify, because we look anyway, and when we may sleep.
///
/// A committing NOTIFY takes a lock of the whole cluster until its WAL is flushed, so that writers
/// commit one after the other. The bell is an advisory lock: a trigger that finds it held, after it
/// has written into the outbox, does not notify (schema/functions/announce_trades.sql).
///
/// Falling asleep loses nothing: the bell is released first; then all are awaited who had written
/// by then, since they may have found it held; then the outbox is drained once more; and only when
/// it is empty do we sleep. Whoever takes the bell tells the other daemons, who wait for it, each on
/// a session of its own: when its holder sleeps or dies they fall asleep in the same way. So does a
/// daemon that starts.
class Doorbell {
  public:
    /// `lane` has one thread and so one session, which holds the bell.
    Doorbell(boost::asio::any_io_executor const& executor, db::Lane& lane, db::Lane& spare,
             DoorbellPolicy policy);

    /// Called when somebody else's bell became free: who wrote meanwhile told nobody.
    void on_free(std::function<void()> call) { on_free_ = std::move(call); }

    /// Somebody holds the bell, or held it when nobody told us: who wrote in silence may not be done.
    void somebody_took_it() { writers_unknown_ = true; }

    /// Writers are silent because of us.
    [[nodiscard]] bool taken() const { return taken_; }

    /// As far as we know nobody writes in silence, because of us or of anybody else.
    [[nodiscard]] bool settled() const { return !taken_ && !writers_unknown_ && !writers_; }

    /// After each batch that took something, and took so long; takes the bell when it has become busy.
    boost::asio::awaitable<void> after_batch(std::int64_t rows, std::chrono::nanoseconds took);
    /// After a pass that took that long and left nothing to take: when to look again, at the latest. Anything but 0 may
    /// be cut short by a notification, and is `longest` only when one comes for every change.
    boost::asio::awaitable<std::chrono::milliseconds>
    after_pass(std::int64_t rows, std::chrono::nanoseconds took, std::chrono::milliseconds longest);
    /// Until cancelled: waits for the bells of others.
    boost::asio::awaitable<void> watch();

  private:
    boost::asio::awaitable<bool> take();
    boost::asio::awaitable<void> release();
    boost::asio::awaitable<void> look_for_writers();
    boost::asio::awaitable<std::chrono::milliseconds> await_writers();
    boost::asio::awaitable<bool> is_free_soon();

    db::Lane& lane_;
    db::Lane& spare_;
    DoorbellPolicy policy_;
    Wakeup somebody_holds_it_;
    std::function<void()> on_free_ = [] {};
    bool taken_ = false;
    int busy_ = 0;
    std::chrono::steady_clock::time_point busy_at_{};
    int quiet_ = 0;
    bool writers_unknown_ = true;
    /// Those who may have written in silence and were not done when we looked.
    std::optional<std::vector<std::string>> writers_;
    std::chrono::milliseconds wait_for_writers_{};
};

} // namespace portfoliod::bus
