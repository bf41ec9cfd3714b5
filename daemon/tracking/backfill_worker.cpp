#include "tracking/backfill_worker.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/timeout.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portfoliod::tracking {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// Without a ring: how long a job queued by a hand whose notification was lost may wait.
constexpr auto poll_time = 60s;
// And with an asset type that has its share, one of another whose waiting time is over.
constexpr auto others_poll_time = 1s;

// While one transaction waits for the disk another works.
constexpr int storing_max = 2;
// Answers kept in memory, of ten years perhaps, as a multiple of the questions at once.
constexpr int unsettled_factor = 4;

std::string_view queue_of(PriceJob const&) { return price_queue; }

std::string_view queue_of(RateJobs const&) { return rate_queue; }

std::vector<int> ids_of(PriceJob const& job) { return {job.id}; }

std::vector<int> ids_of(RateJobs const& jobs) { return jobs.ids(); }

std::string asset_type(PriceJob const& job) { return job.asset.asset_type; }

std::string asset_type(RateJobs const&) { return {}; }

struct Claimed {
    std::optional<RateJobs> rates;
    std::vector<PriceJob> prices;
    bool all = true; ///< whether there was one for each free slot
};

bool is_empty(PriceJob const&) { return false; }

bool is_empty(RateJobs const& jobs) { return jobs.jobs.empty(); }

log::Fields fields(PriceJob const& job, log::Fields more = {}) {
    more.insert(more.begin(), {{"ASSET_ID", job.asset.id}, {"JOB_ID", job.id}});
    return more;
}

/// A field may stand several times: the line is found by each of its jobs and currencies.
log::Fields fields(RateJobs const& jobs, log::Fields more = {}) {
    for (auto const& job : jobs.jobs) {
        more.emplace_back("CURRENCY", job.currency);
        more.emplace_back("JOB_ID", job.id);
    }
    return more;
}

void tell(PriceJob const& job, market::PriceAnswer const& answer, Stored const& stored) {
    auto const answered = Answered{job.asset, job.id, answer.source};
    if (stored.splits_changed > 0) tell(answered, answer.splits);
    tell(answered, stored.doubts);
}

void tell(RateJobs const&, market::RateAnswer const&, Stored const&) {}

std::string describe(PriceJob const& job) {
    return fmt::format("{} {} to {}", job.asset.symbol, to_text(job.range.first),
                       to_text(job.range.last));
}

std::string describe(RateJobs const& jobs) {
    auto const range = jobs.range();
    return fmt::format("rates of {} {} to {}", fmt::join(jobs.currencies(), ", "),
                       to_text(range.first), to_text(range.last));
}

bool served(market::Outcome const& outcome) {
    return outcome.kind == market::OutcomeKind::ok || outcome.kind == market::OutcomeKind::empty;
}

bool refused_for_good(market::Outcome const& outcome) {
    using enum market::OutcomeKind;
    return outcome.kind == unknown_symbol || outcome.kind == refused;
}

/// Jobs of a batch whose currency the answer does not have (no provider has all currencies), or whose days
/// all lie before those it reaches back to; all of them when the batch was refused for good, which one of them may be the cause of.
std::vector<RateJobs> take_unanswered(RateJobs& jobs, market::RateAnswer const& answer) {
    std::vector<RateJobs> alone;
    if (jobs.jobs.size() < 2) return alone;
    if (!served(answer.outcome) && !refused_for_good(answer.outcome)) return alone;
    auto const missing = [&answer](RateJobs::Job const& job) {
        if (!served(answer.outcome)) return true;
        if (answer.served && job.range.last < answer.served->first) return true;
        if (answer.rows.empty()) return false; // no row at all: a weekend
        return std::ranges::none_of(
            answer.rows, [&job](auto const& row) { return row.currency == job.currency; });
    };
    for (auto const& job : jobs.jobs)
        if (missing(job)) alone.push_back({jobs.token, {job}, jobs.attempts});
    std::erase_if(jobs.jobs, missing);
    return alone;
}

std::vector<PriceJob> take_unanswered(PriceJob&, market::PriceAnswer const&) { return {}; }

} // namespace

BackfillWorker::BackfillWorker(asio::any_io_executor const& executor, db::Lane& claims,
                               db::Lane& stores, market::Market& market, Clock const& clock,
                               Policy policy, Tasks& tasks)
    : claims_(claims)
    , stores_(stores)
    , market_(market)
    , clock_(clock)
    , policy_(std::move(policy))
    , tasks_(tasks)
    , wakeup_(executor) {}

void BackfillWorker::change(Policy policy) {
    policy_ = std::move(policy);
    ring();
}

asio::awaitable<void> BackfillWorker::run() {
    auto const retry = Backoff{500ms, 30s};
    for (auto failures = 0;;) {
        auto wait = std::chrono::milliseconds{poll_time};
        try {
            auto more = true;
            while (more && under_way_ < slots() && !full()) more = co_await fill_slots();
            if (under_way_ + unsettled_ == 0 && std::exchange(busy_, false)) on_idle_();
            // With every slot taken the end of a question rings, and with all places the end of an answer.
            if (!full() && under_way_ < slots())
                wait = co_await time_to_next_job();
            else if (!full() && under_way_ < policy_.concurrency)
                wait = others_poll_time;
            failures = 0;
        } catch (db::Error const& e) {
            // An outage is the listener's to report, who rings when it is over; one that only this
            // lane meets is not.
            if (++failures; !e.connection_lost || failures == 3)
                log::happened(Happening::claim_failed,
                              fmt::format("cannot claim backfill jobs: {}", e.what()),
                              {{"SQLSTATE", e.sqlstate}});
            wait = retry.wait(failures, random_share());
        }
        if (failures > 3) { // not even a ring shortens it then
            co_await pause(wait);
            continue;
        }
        co_await wakeup_.wait_for(wait);
    }
}

int BackfillWorker::slots() const {
    auto const others = std::chrono::steady_clock::now() - others_looked_for_ > others_poll_time;
    return others ? policy_.concurrency : policy_.concurrency - 1;
}

bool BackfillWorker::full() const { return unsettled_ >= unsettled_factor * policy_.concurrency; }

asio::awaitable<bool> BackfillWorker::fill_slots() {
    // Copies: the policy may change while a database thread goes by it.
    auto claim = [policy = policy_, by_type = by_type_,
                  free = slots() - under_way_](db::Transaction& transaction) mutable {
        // Rates first: they are few, and every value in another currency waits for them.
        Claimed claimed{claim_rate_jobs(transaction, policy), {}, true};
        if (claimed.rates) --free;
        for (; free > 0 && claimed.all; --free) {
            auto job = claim_price_job(transaction, policy, by_type);
            claimed.all = job.has_value();
            if (!job) continue;
            ++by_type[job->asset.asset_type];
            claimed.prices.push_back(std::move(*job));
        }
        return claimed;
    };
    auto claimed = co_await claims_.transact(claim);
    if (claimed.rates) start(std::move(*claimed.rates));
    for (auto& job : claimed.prices) start(std::move(job));
    auto const has_its_share = [this](auto const& type) {
        return type.second >= policy_.concurrency - 1;
    };
    if (!claimed.all && std::ranges::any_of(by_type_, has_its_share))
        others_looked_for_ = std::chrono::steady_clock::now();
    co_return claimed.all || claimed.rates;
}

void BackfillWorker::began(std::string const& asset_type) {
    ++under_way_;
    busy_ = true;
    if (!asset_type.empty()) ++by_type_[asset_type];
}

void BackfillWorker::ended(std::string const& asset_type) {
    --under_way_;
    if (!asset_type.empty() && --by_type_[asset_type] == 0) by_type_.erase(asset_type);
    wakeup_.ring();
}

template <class Job>
void BackfillWorker::start(Job job) {
    began(asset_type(job));
    auto name = fmt::format("backfill of {}", describe(job)); // before the job is moved away
    tasks_.spawn(std::move(name), work(std::move(job)));
}

asio::awaitable<std::chrono::milliseconds> BackfillWorker::time_to_next_job() {
    auto const wait = co_await claims_.transact(tracking::time_to_next_job);
    // Never at once: what is claimable now was claimed above, or its asset type has its share, or another daemon is at it.
    co_return std::clamp<std::chrono::milliseconds>(wait.value_or(poll_time), 1s, poll_time);
}

void BackfillWorker::Settled::operator()(BackfillWorker* worker) const {
    --worker->unsettled_;
    worker->wakeup_.ring();
}

BackfillWorker::Unsettled BackfillWorker::unsettled() {
    ++unsettled_;
    return Unsettled{this};
}

template <class Job>
asio::awaitable<void> BackfillWorker::work(Job job) {
    auto asking = fetch(job);
    auto fetched = co_await std::move(asking);
    // What follows is short and leaves the queue right; it is not to be cut off by a stop.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (!fetched) {
        co_await return_claim(std::move(job));
        co_return;
    }
    auto place = unsettled();
    // Asked for alone, each goes to a provider that has it, or learns that none does.
    for (auto& alone : take_unanswered(fetched->job, fetched->answer)) start(std::move(alone));
    if (is_empty(fetched->job)) co_return;
    if constexpr (std::is_same_v<Job, PriceJob>) {
        if (served(fetched->answer.outcome)) {
            waiting_.push_back({std::move(*fetched), std::move(place)});
            co_await store_waiting();
            co_return;
        }
    }
    auto settling = settle(std::move(*fetched), std::move(place));
    co_await std::move(settling);
}

template <class Job>
asio::awaitable<std::optional<Fetched<Job>>> BackfillWorker::fetch(Job job) {
    struct Slot {
        BackfillWorker& worker;
        std::string type;

        ~Slot() { worker.ended(type); }
    } const slot{*this, asset_type(job)};

    auto fetched = Fetched<Job>{std::move(job), {}, clock_.now()};
    try {
        auto question = ask(fetched.job);
        // Ended before the lease is: nobody else is at the job meanwhile.
        fetched.answer = co_await with_timeout(std::move(question), policy_.lease * 4 / 5);
    } catch (std::exception const& e) {
        if (is_cancellation(std::current_exception())) co_return std::nullopt;
        // The market throws for nothing else; should it ever, the job must not be left claimed.
        fetched.answer.outcome = {market::OutcomeKind::transient, e.what(), std::nullopt};
    }
    fetched.answered_at = clock_.now();
    co_return fetched;
}

asio::awaitable<void> BackfillWorker::store_waiting() {
    struct Storing {
        int& count;

        explicit Storing(int& at) : count(++at) {}

        ~Storing() { --count; }
    };

    if (storing_ >= storing_max) co_return; // they take it when they are done with what they have
    Storing const storing{storing_};
    while (!waiting_.empty()) {
        auto one_transaction = store(take_waiting());
        co_await std::move(one_transaction);
    }
}

BackfillWorker::Batch BackfillWorker::take_waiting() {
    std::vector<Storable> storable;
    for (auto const& [fetched, place, failures] : waiting_)
        // A split locks the positions of whoever holds the asset.
        storable.push_back({fetched.job.asset.id, fetched.answer.rows.size(),
                            failures > 0 || !fetched.answer.splits.empty()});
    auto chosen = stored_together(storable);
    std::ranges::sort(chosen, {}, [&](std::size_t at) { return storable[at].asset_id; });
    Batch batch;
    for (auto const at : chosen) {
        batch.fetched.push_back(std::move(waiting_[at].fetched));
        batch.places.push_back(std::move(waiting_[at].place));
        batch.failures = waiting_[at].failures;
    }
    std::erase_if(waiting_, [](Waiting const& one) { return !one.place; });
    return batch;
}

asio::awaitable<void> BackfillWorker::store(Batch batch) {
    if (batch.failures > 0 && tasks_.stopping()) { // no time to find out whether it works now
        for (auto const& [job, answer, asked_at, answered_at] : batch.fetched)
            co_await return_claim(job);
        co_return;
    }
    auto keep = [&, policy = policy_](db::Transaction& transaction) {
        return complete(transaction, batch.fetched, clock_.today(), policy);
    };
    std::optional<db::Error> failure;
    try {
        auto const stored = co_await stores_.transact(keep);
        for (std::size_t i = 0; i < stored.size(); ++i) tell_loaded(batch.fetched[i], stored[i]);
        co_return;
    } catch (db::Error const& e) {
        failure = e;
    }
    // One of several may be the cause: each alone finds out, but not while the daemon stops.
    auto const at_once = batch.fetched.size() > 1 && !(tasks_.stopping() && failure->may_pass());
    for (std::size_t i = 0; i < batch.fetched.size(); ++i) {
        auto again =
            Waiting{std::move(batch.fetched[i]), std::move(batch.places[i]), batch.failures + 1};
        if (at_once) {
            waiting_.push_back(std::move(again));
            continue;
        }
        auto name = fmt::format("history of {}", again.fetched.job.asset.symbol);
        tasks_.spawn(std::move(name), try_later(std::move(again), *failure));
    }
}

asio::awaitable<void> BackfillWorker::try_later(Waiting waiting, db::Error failure) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (may_be_tried_again(waiting.fetched, failure)) {
        auto const failures = std::min(waiting.failures, 3);
        co_await pause_until_stop(policy_.backoff.wait(failures, random_share()));
        if (!tasks_.stopping()) {
            waiting_.push_back(std::move(waiting));
            co_await store_waiting();
            co_return;
        }
    }
    auto ending = give_up(std::move(waiting.fetched), std::move(waiting.place), failure);
    co_await std::move(ending);
}

asio::awaitable<void> BackfillWorker::pause_until_stop(std::chrono::milliseconds time) {
    if (tasks_.stopping()) co_return; // the word for it came before we would hear it
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    try {
        co_await pause(time);
    } catch (std::exception const&) {
        if (!is_cancellation(std::current_exception())) throw;
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}

template <class Job>
bool BackfillWorker::may_be_tried_again(Fetched<Job> const& fetched,
                                        db::Error const& failure) const {
    // The answer is worth keeping while the claim holds; after that somebody else fetches it again.
    return failure.may_pass() && clock_.now() <= fetched.asked_at + policy_.lease;
}

template <class Job>
asio::awaitable<void> BackfillWorker::give_up(Fetched<Job> fetched, Unsettled place,
                                              db::Error failure) {
    auto const& job = fetched.job;
    if (may_be_tried_again(fetched, failure)) { // but for the stop
        co_await return_claim(job);
        co_return;
    }
    log::happened(
        Happening::history_not_stored,
        fmt::format("backfill of {}: cannot be stored: {}", describe(job), failure.what()),
        fields(job, {{"SQLSTATE", failure.sqlstate}}));
    // Put off for what it is, unless it is that which failed.
    if (failure.may_pass() || !served(fetched.answer.outcome)) co_return;
    fetched.answer.outcome = {market::OutcomeKind::transient, failure.what(), std::nullopt};
    auto putting_off = settle(std::move(fetched), std::move(place));
    co_await std::move(putting_off);
}

template <class Job>
asio::awaitable<void> BackfillWorker::settle(Fetched<Job> fetched, Unsettled place) {
    for (auto failures = 1;; ++failures) {
        std::optional<db::Error> failure;
        try {
            co_await settle_once(fetched);
            co_return;
        } catch (db::Error const& e) {
            failure = e;
        }
        if (may_be_tried_again(fetched, *failure))
            co_await pause_until_stop(policy_.backoff.wait(std::min(failures, 3), random_share()));
        if (!may_be_tried_again(fetched, *failure) || tasks_.stopping()) {
            auto ending = give_up(std::move(fetched), std::move(place), *failure);
            co_await std::move(ending);
            co_return;
        }
    }
}

template <class Job>
asio::awaitable<void> BackfillWorker::settle_once(Fetched<Job> const& fetched) {
    auto const& [job, answer, asked_at, answered_at] = fetched;
    auto const& outcome = answer.outcome;
    // History that came is stored with others, see store_waiting().
    if constexpr (std::is_same_v<Job, RateJobs>) {
        if (served(outcome)) {
            auto keep = [this, &fetched](db::Transaction& transaction) {
                return complete(transaction, fetched, clock_.today());
            };
            auto const stored = co_await stores_.transact(keep);
            tell_loaded(fetched, stored);
            co_return;
        }
    }
    auto const how = put_off_for(outcome, job.attempts, policy_, random_share());
    auto defer = [&job = job, &how](db::Transaction& transaction) {
        return put_off(transaction, queue_of(job), ids_of(job), job.token, how);
    };
    auto const status = co_await stores_.transact(defer);
    auto const text =
        fmt::format("backfill of {}: {} ({})", describe(job), outcome.message, status);
    log::happened(
        status == "failed" ? Happening::history_failed : Happening::history_put_off, text,
        fields(job, {{"PROVIDER", answer.source}, {"OUTCOME", market::to_text(outcome.kind)}}));
}

template <class Job>
void BackfillWorker::tell_loaded(Fetched<Job> const& fetched,
                                 std::optional<Stored> const& stored) const {
    if (!stored) return;
    auto const& [job, answer, asked_at, answered_at] = fetched;
    log::happened(
        Happening::history_loaded,
        // What was not used (a rate of zero, a row that cannot be read) is nowhere else to be seen.
        fmt::format("loaded {}: {} rows from {}, {} new or changed{}{}", describe(job),
                    answer.rows.size(), answer.source, stored->rows_changed,
                    answer.outcome.message.empty() ? "" : "; ", answer.outcome.message),
        fields(job, {{"PROVIDER", answer.source},
                     {"ROWS", answer.rows.size()},
                     {"CHANGED", stored->rows_changed},
                     {"DURATION_USEC", (answered_at - asked_at).count()}}));
    tell(job, answer, *stored);
}

template <class Job>
asio::awaitable<void> BackfillWorker::return_claim(Job job) {
    try {
        auto release = [&job](db::Transaction& transaction) {
            give_back(transaction, queue_of(job), ids_of(job), job.token);
        };
        co_await claims_.transact(release); // which waits for nothing that is being stored
        log::happened(Happening::job_given_back,
                      fmt::format("backfill of {} given back", describe(job)), fields(job));
    } catch (db::Error const& e) {
        log::happened(Happening::job_left_claimed,
                      fmt::format("backfill of {} could not be given back and waits for its lease "
                                  "to end: {}",
                                  describe(job), e.what()),
                      fields(job, {{"SQLSTATE", e.sqlstate}}));
    }
}

asio::awaitable<market::PriceAnswer> BackfillWorker::ask(PriceJob const& job) {
    return market_.history(job.asset, job.range);
}

asio::awaitable<market::RateAnswer> BackfillWorker::ask(RateJobs const& jobs) {
    return market_.rates_history(jobs.currencies(), jobs.range());
}

} // namespace portfoliod::tracking
