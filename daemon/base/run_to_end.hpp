#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <utility>

namespace portfoliod {

/// Runs one task on a loop that has nothing else to do, and returns its result or throws its
/// exception: for commands, which have one thing to do.
template <class Result>
Result run_to_end(boost::asio::io_context& loop, boost::asio::awaitable<Result> task) {
    auto result = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
    loop.restart();
    loop.run();
    return result.get();
}

} // namespace portfoliod
