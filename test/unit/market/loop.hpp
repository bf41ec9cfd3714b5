#pragma once

#include "base/run_to_end.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <utility>

namespace portfoliod::test {

/// Runs one awaitable to its end on a loop and hands back its value or exception.
template <class T>
T run(boost::asio::io_context& loop, boost::asio::awaitable<T> task) {
    return run_to_end(loop, std::move(task));
}

} // namespace portfoliod::test
