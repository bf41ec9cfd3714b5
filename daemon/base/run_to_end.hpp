#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace portfoliod {

/// Runs one task on a loop and returns its result or throws its exception: for commands, which have one thing to do. What else the
/// loop has to do (a connection kept for the next question) waits for the next task.
template <class Result>
Result run_to_end(boost::asio::io_context& loop, boost::asio::awaitable<Result> task) {
    std::exception_ptr error;
    std::optional<Result> result;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr e, Result r) {
        error = std::move(e);
        result.emplace(std::move(r));
        loop.stop();
    });
    loop.restart();
    loop.run();
    if (error) std::rethrow_exception(error);
    return std::move(*result);
}

} // namespace portfoliod
