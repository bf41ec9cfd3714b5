#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace portfoliod {

/// The time given to with_timeout was up before the operation was done.
class TimedOut : public std::runtime_error {
  public:
    TimedOut() : std::runtime_error("timed out") {}
};

namespace detail {

/// Lets every kind of cancellation through and makes it terminal: composed operations of Beast and
/// of Asio's TLS hear no other kind, and the result of a timed operation is dropped anyway.
struct AnyCancellationIsTerminal {
    boost::asio::cancellation_type_t operator()(boost::asio::cancellation_type_t type) const {
        return type == boost::asio::cancellation_type::none
                   ? type
                   : type | boost::asio::cancellation_type::terminal;
    }
};

template <class T>
boost::asio::awaitable<T> cancellable(boost::asio::awaitable<T> operation) {
    AnyCancellationIsTerminal const filter;
    co_await boost::asio::this_coro::reset_cancellation_state(filter);
    co_return co_await std::move(operation);
}

} // namespace detail

/// Awaits `operation` for at most `limit`; then cancels it, awaits its end and throws TimedOut.
/// What it throws itself comes through at once, so does a cancellation of the caller (as
/// operation_aborted). T needs a default constructor. Not `operation || timer`, which holds an
/// exception back until the timer fires.
template <class T>
boost::asio::awaitable<T> with_timeout(boost::asio::awaitable<T> operation,
                                       std::chrono::steady_clock::duration limit) {
    namespace asio = boost::asio;
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limit);
    auto wrapped = detail::cancellable(std::move(operation));
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, std::move(wrapped), asio::deferred),
        timer.async_wait(asio::deferred));
    // (order, operation's exception[, operation's value], timer's error)
    auto result =
        co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    std::exception_ptr const error = std::get<1>(result);
    bool const timer_was_first = std::get<0>(result)[0] == 1;
    bool const time_is_up =
        timer_was_first && !std::get<std::tuple_size_v<decltype(result)> - 1>(result);
    if (error && time_is_up) throw TimedOut();
    if (error) std::rethrow_exception(error);
    if constexpr (!std::is_void_v<T>) co_return std::get<2>(std::move(result));
}

} // namespace portfoliod
