#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace portfoliod::test {

/// Runs one awaitable to its end on a loop and hands back its value or exception.
template <class T>
T run(boost::asio::io_context& loop, boost::asio::awaitable<T> task) {
    std::exception_ptr error;
    std::optional<T> value;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr e, T result) {
        error = e;
        value.emplace(std::move(result));
    });
    loop.restart();
    loop.run();
    if (error) std::rethrow_exception(error);
    return std::move(*value);
}

} // namespace portfoliod::test
