#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <tuple>
#include <utility>

namespace portfoliod {

/// Runs both side by side until both have ended, then throws what `first` threw, else what `second` did. A cancellation of
/// the caller reaches both.
inline boost::asio::awaitable<void> both(boost::asio::awaitable<void> first,
                                         boost::asio::awaitable<void> second) {
    namespace asio = boost::asio;
    auto const executor = co_await asio::this_coro::executor;
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, std::move(first), asio::deferred),
        asio::co_spawn(executor, std::move(second), asio::deferred));
    // (order, the exception of each)
    auto const ended =
        co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    if (std::get<1>(ended)) std::rethrow_exception(std::get<1>(ended));
    if (std::get<2>(ended)) std::rethrow_exception(std::get<2>(ended));
}

} // namespace portfoliod
