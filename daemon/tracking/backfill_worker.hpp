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
#include <functional>
#include <type_traits>

namespace portfoliod::tracking {

template <class Job>
using AnswerTo =
    std::conditional_t<std::is_same_v<Job, PriceJob>, market::PriceAnswer, market::RateAnswer>;

/// Works off both queues: claim, ask the market, store. No transaction is open while a provider is
/// asked. At most Policy::concurrency jobs are under way; a cancelled one is given back.
class BackfillWorker {
  public:
    BackfillWorker(boost::asio::any_io_executor const& executor, db::Lane& lane,
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
    /// How many jobs may be under way now.
    [[nodiscard]] int slots() const;
    /// True when a job was claimed and is under way.
    boost::asio::awaitable<bool> start_next();
    boost::asio::awaitable<std::chrono::milliseconds> time_to_next_job();

    template <class Job>
    void start(Job job);
    void began(std::string const& asset_type);
    void ended(std::string const& asset_type);
    template <class Job>
    boost::asio::awaitable<void> work(Job job);
    /// Stores the answer or puts the job off; tries again while the database is away and the claim
    /// holds.
    template <class Job>
    boost::asio::awaitable<void> settle(Job job, AnswerTo<Job> answer, Instant started);
    template <class Job>
    boost::asio::awaitable<void> settle_once(Job const& job, AnswerTo<Job> const& answer,
                                             Instant started);
    template <class Job>
    boost::asio::awaitable<void> return_claim(Job job);

    boost::asio::awaitable<market::PriceAnswer> ask(PriceJob const& job);
    boost::asio::awaitable<market::RateAnswer> ask(RateJobs const& jobs);

    db::Lane& lane_;
    market::Market& market_;
    Clock const& clock_;
    Policy policy_;
    Tasks& tasks_;
    Wakeup wakeup_;
    std::function<void()> on_idle_ = [] {};
    bool busy_ = true; ///< until a look finds nothing to do
    int under_way_ = 0;
    UnderWay by_type_; ///< of them, those of prices
    /// When one asset type had its share and no job of another was to be had.
    std::chrono::steady_clock::time_point others_looked_for_{};
};

} // namespace portfoliod::tracking
