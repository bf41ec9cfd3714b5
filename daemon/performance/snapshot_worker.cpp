#include "performance/snapshot_worker.hpp"

#include "base/backoff.hpp"
#include "base/both.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/rest.hpp"

#include <fmt/format.h>

namespace portfoliod::performance {

namespace asio = boost::asio;

namespace {

// So many batches of snapshots, then the figures of what was computed: under a steady stream they would never come.
constexpr int batches_max = 64;

// Between two runs.
constexpr Rest usual_rest{
    .share = 3, .shortest = std::chrono::seconds{0}, .longest = std::chrono::seconds{2}};
// With each asset of it the same days become due again.
constexpr Rest rest_amid_history{
    .share = 10, .shortest = std::chrono::seconds{10}, .longest = std::chrono::seconds{60}};
// When the drain was at a portfolio whose figures are due: whether it read them before its days were computed nobody knows.
constexpr auto left_over_poll = std::chrono::seconds{1};

} // namespace

SnapshotWorker::SnapshotWorker(asio::any_io_executor const& executor, db::Lane& lane,
                               Clock const& clock, std::chrono::seconds fallback_poll)
    : lane_(lane), clock_(clock), fallback_poll_(fallback_poll), wakeup_(executor) {}

asio::awaitable<void> SnapshotWorker::run() {
    auto const retry = Backoff{std::chrono::milliseconds{100}, std::chrono::seconds{30}};
    auto failures = 0;
    auto began = std::chrono::steady_clock::now();
    auto ended = began;
    for (;;) {
        auto wait = std::chrono::milliseconds{fallback_poll_};
        try {
            // The poll costs one look, not the transactions of the work; and who made days due by queueing history has, almost
            // always, said so by the time we have the answer.
            if (co_await anything_is_due()) {
                co_await rest(began, ended);
                began = std::chrono::steady_clock::now();
                auto more = co_await work();
                // While history arrives there is always more.
                while (more && !history_arrives_()) more = co_await work();
                ended = std::chrono::steady_clock::now();
                if (more) wakeup_.ring();
                if (co_await figures_are_due())
                    wait = std::min<std::chrono::milliseconds>(wait, left_over_poll);
            }
            failures = 0;
        } catch (db::Error const& e) {
            // An outage is the listener's to report, who rings when it is over.
            if (++failures; !e.connection_lost || failures == 3)
                log::happened(Happening::snapshots_wait,
                              fmt::format("snapshots could not be computed and wait: {}", e.what()),
                              {{"SQLSTATE", e.sqlstate}});
            wait = std::min(wait, retry.wait(failures, random_share()));
        }
        if (failures > 3)
            co_await pause(wait);
        else
            co_await wakeup_.wait_for(wait);
    }
}

asio::awaitable<void> SnapshotWorker::rest(std::chrono::steady_clock::time_point began,
                                           std::chrono::steady_clock::time_point ended) {
    for (;;) {
        auto const rest =
            (history_arrives_() ? rest_amid_history : usual_rest).after(ended - began);
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(
            ended + rest - std::chrono::steady_clock::now());
        if (left.count() <= 0) co_return;
        co_await wakeup_.wait_for(left); // rung: it may be no more
    }
}

asio::awaitable<bool> SnapshotWorker::anything_is_due() {
    return is_true("SELECT EXISTS (SELECT FROM portfoliod.due_snapshots)");
}

asio::awaitable<bool> SnapshotWorker::figures_are_due() {
    return is_true(
        "SELECT EXISTS (SELECT FROM portfoliod.due_snapshots WHERE from_date = 'infinity')");
}

asio::awaitable<bool> SnapshotWorker::is_true(std::string_view question) {
    auto ask = [question](db::Transaction& transaction) {
        return transaction.execute(question).one().boolean(0);
    };
    co_return co_await lane_.transact(ask);
}

asio::awaitable<bool> SnapshotWorker::work() {
    auto const began = std::chrono::steady_clock::now();
    auto const written = co_await compute_all();
    auto const took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began);
    co_await refresh_all();
    if (written.portfolios.empty()) co_return false;
    auto const failed = written.failed.size();
    auto const computed = written.portfolios.size() - failed;
    log::happened(Happening::snapshots_written,
                  fmt::format("snapshots of {} portfolio{}: {}{}", computed,
                              computed == 1 ? "" : "s", written.days_text(),
                              failed > 0 ? fmt::format("; {} cannot be valued", failed) : ""),
                  {{"PORTFOLIOS", written.portfolios.size()},
                   {"DAYS", written.days},
                   {"CHANGED", written.restatements.days()},
                   {"DURATION_USEC", took.count()}});
    co_return true;
}

// Batch by batch, so that what comes meanwhile for a few days of one portfolio does not wait for all.
asio::awaitable<SnapshotsWritten> SnapshotWorker::compute_all() {
    SnapshotsWritten all;
    for (auto batches = 0; batches < batches_max; ++batches) {
        auto batch = [this](db::Transaction& transaction) {
            return compute_due_snapshots(transaction, clock_);
        };
        auto const written = co_await lane_.transact(batch);
        if (written.portfolios.empty()) break;
        written.restatements.tell();
        all += written;
    }
    co_return all;
}

asio::awaitable<void> SnapshotWorker::refresh_all() {
    if (!co_await refresh_batch()) co_return;
    auto one = refresh_rest();
    auto other = refresh_rest();
    auto two = both(std::move(one), std::move(other));
    co_await std::move(two);
}

asio::awaitable<void> SnapshotWorker::refresh_rest() {
    for (auto more = true; more;) more = co_await refresh_batch();
}

asio::awaitable<bool> SnapshotWorker::refresh_batch() {
    auto batch = [this](db::Transaction& transaction) {
        return refresh_due_figures(transaction, clock_.today());
    };
    auto const refreshed = co_await lane_.transact(batch);
    if (refreshed.put_back) on_put_back_();
    co_return refreshed.portfolios > 0;
}

} // namespace portfoliod::performance
