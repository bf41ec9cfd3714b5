#include "support/throttled_market.hpp"

#include "base/random.hpp"
#include "market/provider_market.hpp"
#include "support/market_server/market_server.hpp"
#include "support/memory_budgets.hpp"
#include "support/simulated_time.hpp"
#include "tracking/backfill_queue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <list>
#include <random>

namespace portfoliod::test {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

constexpr auto retry_after = std::chrono::seconds{2};
constexpr Day first_day = std::chrono::sys_days(std::chrono::year(2026) / 2 / 2);

market::Declaration coins(MarketServer const& server, ThrottledMarket const& of, int concurrency) {
    auto declaration = market::load_declaration(std::filesystem::path{PROJECT_DIR} /
                                                "conf/providers/coinbase.yaml");
    market::Overrides overrides;
    overrides.base_url = server.url();
    overrides.ca_file = server.ca_file();
    overrides.rates = market::Limits{.per_minute = of.per_minute};
    overrides.concurrency = concurrency;
    market::apply(overrides, declaration);
    return declaration;
}

/// The rules of claim_backfill() and put_off_backfill().
struct Job {
    market::Asset asset;
    bool completed = false;
    bool failed = false;
    int attempts = 0;
    Instant retry_after{};
};

class Queue {
  public:
    Queue(SimulatedTime& time, market::Market& market, ThrottledMarket const& of)
        : time_(time), market_(market), dice_(of.seed) {
        for (auto i = 0; i < of.assets; ++i)
            jobs_.push_back({.asset = {i + 1, fmt::format("COIN{}", i + 1), "crypto", "", "USD"}});
        for (auto& job : jobs_) open_.push_back(&job);
        unsettled_ = jobs_.size();
    }

    asio::awaitable<void> work() {
        auto const timer = time_.make();
        while (unsettled_ > 0) {
            auto* const job = claim();
            if (job == nullptr) {
                auto waiting = timer->wait(time_to_next());
                co_await std::move(waiting);
                continue;
            }
            auto asking =
                market_.history(job->asset, {first_day, first_day + std::chrono::days{250}});
            auto const answer = co_await std::move(asking);
            settle(*job, answer.outcome);
        }
    }

    [[nodiscard]] int completed() const {
        return static_cast<int>(std::ranges::count_if(jobs_, &Job::completed));
    }

    [[nodiscard]] Instant ended_at() const { return ended_at_; }

  private:
    Job* claim() {
        auto const ready = std::ranges::find_if(
            open_, [this](Job const* job) { return job->retry_after <= time_.now(); });
        if (ready == open_.end()) return nullptr;
        auto* const job = *ready;
        open_.erase(ready);
        return job;
    }

    milliseconds time_to_next() const {
        if (open_.empty()) return std::chrono::seconds{1}; // what others have claimed may come back
        auto const next = std::ranges::min_element(open_, {}, &Job::retry_after);
        return std::chrono::ceil<milliseconds>((*next)->retry_after - time_.now());
    }

    void settle(Job& job, market::Outcome const& outcome) {
        using tracking::Verdict;
        ended_at_ = time_.now();
        if (outcome.kind == market::OutcomeKind::ok) {
            job.completed = true;
            --unsettled_;
            return;
        }
        std::uniform_real_distribution<double> share{0, 1};
        auto const how = tracking::put_off_for(outcome, job.attempts, policy_, share(dice_));
        if (how.verdict == Verdict::transient) ++job.attempts;
        job.failed = how.verdict == Verdict::permanent || how.verdict == Verdict::unserved ||
                     job.attempts >= policy_.max_attempts;
        job.retry_after = time_.now() + how.wait;
        if (job.failed) {
            --unsettled_;
            return;
        }
        // As claimed: the oldest first.
        open_.insert(std::ranges::find_if(open_, [&job](Job const* other) { return other > &job; }),
                     &job);
    }

    SimulatedTime& time_;
    market::Market& market_;
    std::mt19937_64 dice_;
    tracking::Policy policy_;
    std::vector<Job> jobs_;
    std::list<Job*> open_;
    std::size_t unsettled_ = 0;
    Instant ended_at_{};
};

void misbehave(MarketServer& server, ThrottledMarket const& of) {
    auto const next = [&](Fault fault, std::optional<std::string> wait = {}) {
        server.misbehave(
            {.fault = fault, .retry_after = std::move(wait), .percent = of.bad_percent});
    };
    for (auto i = 0; i < of.assets; ++i) {
        next(Fault::too_many, std::to_string(retry_after.count()));
        next(Fault::server_error);
        next(Fault::cut);
        next(Fault::too_many);
        next(Fault::server_error);
        next(Fault::cut);
    }
}

/// What the provider saw, each request with the time by the simulated clock.
class Upstream {
  public:
    explicit Upstream(MarketServer const& server) : server_(server) {}

    /// Every request that has arrived by now did so at this time.
    void note(Instant at) { times_.resize(server_.requests().size(), at); }

    void judge(ThrottledRun& result) const {
        auto const faults = server_.faults();
        result.requests = static_cast<int>(times_.size());
        std::optional<Instant> told_at;
        for (std::size_t i = 0; i < times_.size(); ++i) {
            if (told_at && times_[i] > *told_at && times_[i] < *told_at + retry_after)
                ++result.in_a_pause;
            auto const minute_ends = times_[i] + std::chrono::minutes{1};
            auto const in_it = std::ranges::lower_bound(times_, minute_ends) -
                               (times_.begin() + static_cast<std::ptrdiff_t>(i));
            result.most_in_a_minute = std::max(result.most_in_a_minute, static_cast<int>(in_it));
            if (!faults[i]) continue;
            ++result.bad;
            if (faults[i]->fault != Fault::too_many) continue;
            ++result.too_many;
            if (faults[i]->retry_after) told_at = times_[i];
        }
    }

  private:
    MarketServer const& server_;
    std::vector<Instant> times_;
};

} // namespace

ThrottledRun run(ThrottledMarket const& of) {
    MarketServer server{
        {.seed = of.seed, .today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)}};
    misbehave(server, of);
    asio::io_context loop;
    SimulatedTime time{loop};
    MemoryBudgets budgets{time};
    tracking::Policy const policy;
    market::ProviderMarket market{loop.get_executor(),
                                  {coins(server, of, policy.concurrency)},
                                  {{{"crypto", {"coinbase"}}}, {}, {}},
                                  time,
                                  {.budgets = &budgets, .timers = &time}};
    Queue queue{time, market, of};
    Upstream upstream{server};
    auto const started_at = time.now();
    auto at_work = policy.concurrency;
    std::exception_ptr failure;
    for (auto i = 0; i < policy.concurrency; ++i)
        asio::co_spawn(loop, queue.work(), [&](std::exception_ptr const& error) {
            --at_work;
            if (error) failure = error;
        });
    time.before_advance = [&](Instant now) { upstream.note(now); };
    auto const under_way = [&market] { return market.states().front().under_way > 0; };
    while (at_work > 0 && !failure) time.step(under_way);
    if (failure) std::rethrow_exception(failure);
    upstream.note(time.now());

    ThrottledRun result;
    result.took = std::chrono::ceil<milliseconds>(queue.ended_at() - started_at);
    result.dictated = std::chrono::minutes{(of.assets - 1) / of.per_minute};
    result.completed = queue.completed();
    upstream.judge(result);
    return result;
}

} // namespace portfoliod::test
