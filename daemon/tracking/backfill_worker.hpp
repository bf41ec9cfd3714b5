#pragma once

#include "base/spawn.hpp"
#include "base/time.hpp"
#include "base/wakeup.hpp"
#include "db/lane.hpp"
#include "market/market.hpp"
#include "tracking/backfill_queue.hpp"
#include "tracking/policy.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace portfoliod::tracking {

/// Works off both queues: claim, ask the market, store. No transaction is open while a provider is
/// asked. At most Policy::concurrency questions are under way; a cancelled one is given back. History that waits to be stored is stored
/// together.
class BackfillWorker {
  public:
    /// Claims in one lane, stores in the other.
    BackfillWorker(boost::asio::any_io_executor const& executor, db::Lane& claims, db::Lane& stores,
                   market::Market& market, Clock const& clock, Policy policy, Tasks& tasks);

    /// There may be something to claim.
    void ring() {
        busy_ = true;
        others_looked_for_ = {};
        wakeup_.ring();
    }

    /// Whether jobs are under way, or may be about to be.
    [[nodiscard]] bool busy() const { return busy_; }

    /// Called when the last one has ended and there is none to claim.
    void on_idle(std::function<void()> call) { on_idle_ = std::move(call); }

    /// From the next claim on; what is under way ends by the policy it began with, but for its attempts.
    void change(Policy policy);

    /// Claims and spawns until cancelled.
    boost::asio::awaitable<void> run();

  private:
    struct Settled {
        void operator()(BackfillWorker* worker) const;
    };

    /// Counts an answer as unsettled while it lives.
    using Unsettled = std::unique_ptr<BackfillWorker, Settled>;

    /// History to be stored.
    struct Waiting {
        Fetched<PriceJob> fetched;
        Unsettled place;
        int failures = 0;
    };

    struct Batch {
        std::vector<Fetched<PriceJob>> fetched; ///< each asset once, in the order of their ids
        std::vector<Unsettled> places;
        int failures = 0;
    };

    /// How many questions may be under way now.
    [[nodiscard]] int slots() const;
    /// Whether more answers would be more than are kept in memory.
    [[nodiscard]] bool full() const;
    /// Claims for each free slot and asks; true when there may be more to claim.
    boost::asio::awaitable<bool> fill_slots();
    boost::asio::awaitable<std::chrono::milliseconds> time_to_next_job();

    template <class Job>
    void start(Job job);
    void began(std::string const& asset_type);
    void ended(std::string const& asset_type);
    template <class Job>
    boost::asio::awaitable<void> work(Job job);
    /// What the market says; nothing when that was cancelled.
    template <class Job>
    boost::asio::awaitable<std::optional<Fetched<Job>>> fetch(Job job);
    Unsettled unsettled();

    /// Stores what waits, as much at once as there is, until nothing does.
    boost::asio::awaitable<void> store_waiting();
    /// As many as go into one transaction.
    Batch take_waiting();
    /// In one transaction; where that fails, each alone.
    boost::asio::awaitable<void> store(Batch batch);
    boost::asio::awaitable<void> try_later(Waiting waiting, db::Error failure);
    /// Of a coroutine that is else not to be cut off.
    boost::asio::awaitable<void> pause_until_stop(std::chrono::milliseconds time);
    template <class Job>
    [[nodiscard]] bool may_be_tried_again(Fetched<Job> const& fetched,
                                          db::Error const& failure) const;
    /// Gives the job back when the claim holds and only the stop is in the way; else says why it could not be stored.
    template <class Job>
    boost::asio::awaitable<void> give_up(Fetched<Job> fetched, Unsettled place, db::Error failure);
    /// Stores rates or puts the job off; tries again while the database is away and the claim
    /// holds.
    template <class Job>
    boost::asio::awaitable<void> settle(Fetched<Job> fetched, Unsettled place);
    template <class Job>
    boost::asio::awaitable<void> settle_once(Fetched<Job> const& fetched);
    /// Says what was stored, where the claim was not lost.
    template <class Job>
    void tell_loaded(Fetched<Job> const& fetched, std::optional<Stored> const& stored) const;
    template <class Job>
    boost::asio::awaitable<void> return_claim(Job job);

    boost::asio::awaitable<market::PriceAnswer> ask(PriceJob const& job);
    boost::asio::awaitable<market::RateAnswer> ask(RateJobs const& jobs);

    db::Lane& claims_;
    db::Lane& stores_;
    market::Market& market_;
    Clock const& clock_;
    Policy policy_;
    Tasks& tasks_;
    Wakeup wakeup_;
    std::function<void()> on_idle_ = [] {};
    bool busy_ = true;  ///< until a look finds nothing to do
    int under_way_ = 0; ///< questions
    UnderWay by_type_;  ///< of them, those of prices
    int unsettled_ = 0; ///< answers, waiting_ among them
    std::deque<Waiting> waiting_;
    int storing_ = 0; ///< transactions with what waited
    /// When one asset type had its share and no job of another was to be had.
    std::chrono::steady_clock::time_point others_looked_for_{};
};

} // namespace portfoliod::tracking
