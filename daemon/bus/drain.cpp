#include "bus/drain.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/rest.hpp"
#include "performance/performance.hpp"
#include "tracking/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace portfoliod::bus {

namespace asio = boost::asio;

namespace {

// Large enough that an import of 100,000 rows takes few commits, small enough to bound memory and
// locks.
constexpr int batch_rows_max = 10'000;
// Full batches in a row of nothing but what others hold: what can be worked off may be behind them.
constexpr int barren_batches_max = 10;
// So soon after an outage the changes are worked off: the back-off is for batches that fail.
constexpr auto reconnect_longest = std::chrono::milliseconds{1000};
// Everything is looked at again when somebody's open transaction was in the way.
constexpr auto held_up_poll = std::chrono::seconds{10};
// Of a run of trades the next one is here by then: only after it is asked whether we may sleep.
constexpr auto doze_after = std::chrono::milliseconds{10};
// Another daemon's clock may have reached midnight, and that one have written the day's snapshots.
constexpr auto clocks_apart_max = std::chrono::minutes{5};
// Between two looks at what the market changed.
constexpr Rest market_rest{.share = 4,
                           .shortest = std::chrono::milliseconds{50},
                           .longest = std::chrono::milliseconds{2000}};
constexpr std::string_view lock_not_available = "55P03";

std::vector<int> without(std::vector<int> const& all, std::vector<int> const& these) {
    std::vector<int> others;
    std::ranges::set_difference(all, these, std::back_inserter(others));
    return others;
}

/// Changes wait in the same line: not for long behind somebody's open transaction.
void be_brief(db::Transaction& transaction) {
    transaction.execute("SELECT set_config('lock_timeout', '1s', true)");
}

std::vector<int> merged(std::vector<int> const& a, std::vector<int> const& b) {
    std::vector<int> both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both;
}

performance::Refreshed refresh(db::Transaction& transaction, Taken const& taken, Day today) {
    auto const& changes = taken.changes;
    if (taken.inputs)
        return performance::refresh(transaction, changes.portfolios, today, *taken.inputs);
    auto const moved =
        performance::affected(transaction, changes.priced_assets, changes.currencies);
    return performance::refresh(transaction, merged(changes.portfolios, moved), today,
                                changes.restated);
}

} // namespace

Drained drain_batch(db::Transaction& transaction, Day today, tracking::Policy const& policy,
                    std::optional<Day> next_day) {
    auto const taken = take_changes(transaction, batch_rows_max, today, next_day.value_or(today));
    auto const& changes = taken.changes;
    if (changes.rows == 0) return {};
    Drained done;
    done.rows = changes.rows;
    done.more = changes.rows == batch_rows_max;

    std::vector<int> uncounted;
    if (auto const& assets = changes.reheld_assets; !assets.empty()) {
        auto counted_now = tracking::recount(transaction, assets);
        uncounted = std::move(counted_now.held_back);
        done.holders = std::move(counted_now.changed);
        // To look for gaps in those that somebody holds would be to wait for him.
        if (auto const counted = without(assets, uncounted); !counted.empty())
            done.jobs = tracking::request_missing_history(transaction, counted, today, policy) +
                        tracking::request_missing_rates(transaction, counted, today, policy);
    }
    if (done.jobs > 0) {
        done.queued = tracking::just_queued(transaction);
        done.snapshots_due = performance::mark_awaited_snapshots(transaction, today);
    }
    // Before the figures: what rests on snapshots that are behind is not told.
    done.snapshots_due |=
        performance::mark_snapshots(transaction, changes.past, next_day.value_or(today));
    auto const refreshed = refresh(transaction, taken, today);
    done.portfolios = refreshed.changed;
    done.rows -= come_back_to(transaction, refreshed.held_back, uncounted, changes.restated);
    return done;
}

int request_everything_missing(db::Transaction& transaction, Day today,
                               tracking::Policy const& policy) {
    be_brief(transaction);
    tracking::revive_failed_jobs(transaction);
    auto const jobs = tracking::request_all_missing_history(transaction, today, policy) +
                      tracking::request_all_missing_rates(transaction, today, policy);
    if (jobs > 0) performance::mark_awaited_snapshots(transaction, today);
    return jobs;
}

Drain::Drain(asio::any_io_executor const& executor, db::Lane& lane, Doorbell& doorbell,
             Clock const& clock, tracking::Policy policy, std::chrono::seconds fallback_poll)
    : lane_(lane)
    , doorbell_(doorbell)
    , clock_(clock)
    , policy_(std::move(policy))
    , fallback_poll_(fallback_poll)
    , wakeup_(executor) {}

void Drain::ring_for_silence() {
    doorbell_.somebody_took_it();
    ring();
}

void Drain::ring_for_everything() {
    everything_ = true;
    ring_for_silence(); // somebody may have had the bell while we heard nothing
}

void Drain::change(tracking::Policy policy, std::chrono::seconds fallback_poll) {
    policy_ = std::move(policy);
    fallback_poll_ = fallback_poll;
    ring_for_everything(); // more history may be wanted than before
}

asio::awaitable<void> Drain::run() {
    auto const retry = Backoff{std::chrono::milliseconds{100}, std::chrono::seconds{30}};
    auto failures = 0;
    for (;;) {
        auto wait = std::chrono::milliseconds{fallback_poll_};
        auto const started = std::chrono::steady_clock::now();
        at_once_ = false;
        auto rung = false;
        try {
            // First what users wait for; then, since a split due today writes into the outbox, what that left there.
            auto rows = co_await drain_all();
            auto const due = everything_ || everything_seen_on_ != clock_.today();
            if (due && std::chrono::steady_clock::now() >= not_before_) {
                co_await look_at_everything();
                rows += co_await drain_all();
            }
            if (everything_) wait = std::min<std::chrono::milliseconds>(wait, held_up_poll);
            auto const ended = std::chrono::steady_clock::now();
            rested_at_ = ended + market_rest.after(ended - started);
            if (doorbell_.settled()) rung = co_await wakeup_.wait_for(doze_after);
            if (!rung || !at_once_)
                wait = co_await doorbell_.after_pass(rows, ended - started, wait);
            failures = 0;
        } catch (db::Error const& e) {
            // An outage is the listener's to report, who rings when it is over; one that only this
            // session meets is not.
            if (++failures; !e.connection_lost || failures == 3)
                log::happened(Happening::changes_not_worked_off,
                              fmt::format("changes could not be worked off and wait: {}", e.what()),
                              {{"SQLSTATE", e.sqlstate}});
            wait = std::min(wait, retry.wait(failures, random_share()));
            if (e.connection_lost) wait = std::min(wait, reconnect_longest);
        }
        // Not even a ring shortens it then: on a busy bus a batch that fails would be tried, and reported, without end.
        if (failures > 3) {
            co_await pause(wait);
            continue;
        }
        // A ring never makes the wait longer: while the doorbell is taken or given back, trades come without one.
        auto const look_at = std::chrono::steady_clock::now() + wait;
        if (!rung) rung = co_await wakeup_.wait_for(wait);
        if (rung) co_await rest_until(std::min(rested_at_, look_at));
    }
}

asio::awaitable<void> Drain::rest_until(std::chrono::steady_clock::time_point end) {
    for (;;) {
        auto const left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (at_once_ || left.count() <= 0) co_return;
        co_await wakeup_.wait_for(left);
    }
}

asio::awaitable<std::int64_t> Drain::drain_all() {
    std::int64_t rows = 0;
    // When all figures are told: what is asked of the processors before that, they wait for.
    auto const tell = [&] {
        if (snapshots_due_) on_snapshots_due_();
        snapshots_due_ = false;
        return rows;
    };
    for (auto barren = 0;;) {
        auto const began = std::chrono::steady_clock::now();
        // A copy: the policy may change while a database thread goes by it.
        auto batch = [this, policy = policy_](db::Transaction& transaction) {
            auto const now = clock_.now();
            return drain_batch(transaction, std::chrono::floor<std::chrono::days>(now), policy,
                               std::chrono::floor<std::chrono::days>(now + clocks_apart_max));
        };
        auto const done = co_await lane_.transact(batch);
        auto const took = std::chrono::steady_clock::now() - began;
        on_batch_(done, took);
        tracking::tell(done.holders);
        tracking::tell(done.queued);
        // Also of a batch that left all portfolios to whoever holds them.
        if (done.jobs > 0) on_jobs_queued_();
        snapshots_due_ |= done.snapshots_due;
        if (done.rows <= 0) { // nothing but what others hold
            if (!done.more || ++barren == barren_batches_max) co_return tell();
            continue;
        }
        barren = 0;
        rows += done.rows;
        log::debug(
            fmt::format("worked off {} changes: {} backfill jobs queued, {} portfolios changed",
                        done.rows, done.jobs, done.portfolios),
            {{"CHANGES", done.rows},
             {"DURATION_USEC",
              std::chrono::duration_cast<std::chrono::microseconds>(took).count()}});
        co_await doorbell_.after_batch(done.rows, std::chrono::steady_clock::now() - began);
        if (!done.more) co_return tell();
    }
}

asio::awaitable<void> Drain::look_at_everything() {
    auto const today = clock_.today();
    everything_ = false; // rung again meanwhile: looked at again
    std::vector<tracking::QueuedJob> queued;
    auto request = [today, policy = policy_, &queued](db::Transaction& transaction) {
        auto const jobs = request_everything_missing(transaction, today, policy);
        if (jobs > 0) queued = tracking::just_queued(transaction);
        return jobs;
    };
    try {
        auto const all_applied = co_await apply_due_splits();
        auto const jobs = co_await lane_.transact(request);
        everything_seen_on_ = today;
        if (jobs > 0)
            log::happened(Happening::history_missing,
                          fmt::format("{} ranges of history are missing and were queued", jobs),
                          {{"JOBS", jobs}});
        tracking::tell(queued);
        if (all_applied)
            held_up_ = false;
        else
            put_off();
    } catch (db::Error const& e) {
        everything_ = true;
        if (e.sqlstate != lock_not_available) throw;
        put_off();
    } catch (...) {
        everything_ = true;
        throw;
    }
    on_jobs_queued_(); // jobs left from before are waiting too
    on_snapshots_due_();
}

void Drain::put_off() {
    everything_ = true;
    not_before_ = std::chrono::steady_clock::now() + held_up_poll;
    if (!held_up_)
        log::happened(
            Happening::held_up,
            "an open transaction holds positions or assets that are to be looked at: splits "
            "that are due and missing history may wait until it ends");
    held_up_ = true;
}

// Each asset for itself: somebody who holds one position keeps no other asset from its day.
asio::awaitable<bool> Drain::apply_due_splits() {
    auto look = [](db::Transaction& transaction) {
        std::vector<int> assets;
        for (auto const row : transaction.execute("SELECT portfoliod.assets_with_due_splits()"))
            assets.push_back(row.integer(0));
        return assets;
    };
    auto const due = co_await lane_.transact(look);
    auto all_applied = true;
    for (auto const asset : due) {
        auto apply = [asset](db::Transaction& transaction) {
            be_brief(transaction);
            transaction.execute("SELECT portfoliod.apply_due_splits($1)", {std::vector{asset}});
        };
        try {
            co_await lane_.transact(apply);
        } catch (db::Error const& e) {
            if (e.sqlstate != lock_not_available) throw;
            all_applied = false;
        }
    }
    co_return all_applied;
}

} // namespace portfoliod::bus
