#include "bus/doorbell.hpp"

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "base/random.hpp"

#include <algorithm>

namespace portfoliod::bus {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto writers_poll_first = 1ms;
constexpr auto writers_poll_longest = 1s;
/// What a peer that died, or a person's open transaction, holds back has no notification of its own.
constexpr auto left_over_poll = 1s;
/// As long as a wait for another's bell may delay our stop.
constexpr auto free_poll = 1s;
/// Busy batches further apart than this are not in a row.
constexpr auto busy_gap = 10s;
constexpr auto retry = Backoff{100ms, 30s};

std::vector<std::string> names(db::Rows const& rows) {
    std::vector<std::string> all;
    for (auto const row : rows) all.push_back(row.string(0));
    return all;
}

// Sorted as std::string compares, since they are intersected.
std::vector<std::string> released(db::Transaction& transaction) {
    return names(transaction.execute(
        "SELECT unnest(portfoliod.release_doorbell()) COLLATE \"C\" ORDER BY 1"));
}

std::vector<std::string> open_writers(db::Transaction& transaction) {
    return names(
        transaction.execute("SELECT unnest(portfoliod.outbox_writers()) COLLATE \"C\" ORDER BY 1"));
}

} // namespace

Doorbell::Doorbell(asio::any_io_executor const& executor, db::Lane& lane, db::Lane& spare,
                   DoorbellPolicy policy)
    : lane_(lane), spare_(spare), policy_(policy), somebody_holds_it_(executor) {}

asio::awaitable<void> Doorbell::after_batch(std::int64_t rows, std::chrono::nanoseconds took) {
    auto const now = std::chrono::steady_clock::now();
    if (now - took - busy_at_ > busy_gap) busy_ = 0; // in a row means now, not every hour
    busy_ = rows >= policy_.busy_rows ? busy_ + 1 : 0;
    busy_at_ = now;
    if (taken_ || !policy_.allowed || busy_ < policy_.busy_batches) co_return;
    quiet_ = 0;
    taken_ = true; // should the answer get lost, the lock may be ours all the same
    taken_ = co_await take();
    // Not taken: a peer holds it, or a writer was just trying it, and the next batch will see.
    if (taken_) log::debug("the doorbell is taken: writers need not notify");
}

asio::awaitable<std::chrono::milliseconds> Doorbell::after_pass(std::int64_t rows,
                                                                std::chrono::nanoseconds took,
                                                                std::chrono::milliseconds longest) {
    if (taken_) {
        quiet_ = rows < policy_.busy_rows ? quiet_ + 1 : 0;
        // Asked again, because it goes with its session.
        if (quiet_ < policy_.quiet_passes && co_await take())
            co_await pause(policy_.rest.after(took));
        else
            co_await release();
        co_return 0ms; // what was written between our last look and the release
    }
    if (writers_unknown_) {
        co_await look_for_writers();
        co_return 0ms; // what those who were done by then have left
    }
    if (writers_) co_return co_await await_writers();

    struct Sleep {
        bool empty, rings;
    };

    auto ask = [](db::Transaction& transaction) {
        auto const rows = transaction.execute("SELECT empty, rings FROM portfoliod.may_sleep()");
        return Sleep{rows.one().boolean(0), rows.one().boolean(1)};
    };
    auto const sleep = co_await lane_.transact(ask);
    if (!sleep.rings) somebody_holds_it_.ring();
    co_return sleep.empty ? longest : std::min<std::chrono::milliseconds>(longest, left_over_poll);
}

asio::awaitable<bool> Doorbell::take() {
    auto take = [](db::Transaction& transaction) {
        return transaction.execute("SELECT portfoliod.take_doorbell()").one().boolean(0);
    };
    co_return co_await lane_.transact(take);
}

asio::awaitable<void> Doorbell::release() {
    auto give_back = [](db::Transaction& transaction) { return released(transaction); };
    writers_ = co_await lane_.transact(give_back);
    taken_ = false;
    busy_ = 0;
    wait_for_writers_ = writers_poll_first;
    log::debug("the doorbell is free: writers notify again");
}

asio::awaitable<void> Doorbell::look_for_writers() {
    auto look = [](db::Transaction& transaction) { return open_writers(transaction); };
    writers_unknown_ = false; // set again meanwhile: looked for again
    try {
        writers_ = co_await lane_.transact(look);
    } catch (...) {
        writers_unknown_ = true;
        throw;
    }
    wait_for_writers_ = writers_poll_first;
}

asio::awaitable<std::chrono::milliseconds> Doorbell::await_writers() {
    auto look = [](db::Transaction& transaction) { return open_writers(transaction); };
    auto const open = co_await lane_.transact(look);
    std::vector<std::string> left;
    std::ranges::set_intersection(*writers_, open, std::back_inserter(left));
    if (left.empty()) {
        writers_.reset();
        co_return 0ms; // what they left
    }
    writers_ = std::move(left);
    auto const wait = wait_for_writers_;
    wait_for_writers_ = std::min<std::chrono::milliseconds>(wait * 2, writers_poll_longest);
    co_return wait;
}

asio::awaitable<void> Doorbell::watch() {
    for (auto failures = 0;;) {
        co_await somebody_holds_it_.wait_for(24h);
        try {
            while (!co_await is_free_soon()) {
            }
            failures = 0;
            somebody_took_it();
            on_free_();
            continue;
        } catch (db::Error const&) {
            // The listener reports an outage; whoever it hits looks at everything afterwards.
            // One that only this session meets must not end the waiting.
            ++failures;
            somebody_holds_it_.ring();
        }
        co_await pause(retry.wait(failures, random_share()));
    }
}

asio::awaitable<bool> Doorbell::is_free_soon() {
    auto wait = [](db::Transaction& transaction) {
        return transaction
            .execute("SELECT portfoliod.wait_for_doorbell($1)", {std::chrono::seconds{free_poll}})
            .one()
            .boolean(0);
    };
    co_return co_await spare_.transact(wait);
}

} // namespace portfoliod::bus
