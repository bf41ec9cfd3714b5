#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace portfoliod {

namespace detail {

template <class Job>
boost::asio::awaitable<std::invoke_result_t<Job&>> call(Job job) {
    co_return job();
}

} // namespace detail

/// Runs a blocking call on one of these threads; result and exception come back to the awaiting
/// coroutine's own executor. It cannot be cancelled, so the call itself needs a deadline.
template <class Job>
boost::asio::awaitable<std::invoke_result_t<Job&>> run_blocking(boost::asio::thread_pool& threads,
                                                                Job job) {
    auto task = detail::call(std::move(job));
    // The awaiting coroutine is the owner of this one: its exception arrives there. A cancellation
    // does not: it would reach into a coroutine that another thread is running, and ends the
    // process.
    return boost::asio::co_spawn(threads, std::move(task),
                                 boost::asio::bind_cancellation_slot(
                                     boost::asio::cancellation_slot{}, boost::asio::use_awaitable));
}

} // namespace portfoliod
