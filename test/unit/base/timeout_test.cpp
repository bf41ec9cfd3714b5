#include "base/timeout.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

asio::awaitable<int> answer() { co_return 42; }

asio::awaitable<int> complaint() {
    throw std::runtime_error("no");
    co_return 0;
}

asio::awaitable<void> wait_for_ever(bool& ended) {
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    ended = true;
    throw boost::system::system_error(cancelled);
}

/// Runs to the end of the loop; what the task threw, in words.
template <class T>
std::string outcome(asio::awaitable<T> task) {
    asio::io_context loop;
    std::string text = "value";
    auto const note = [&](std::exception_ptr const& error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (std::exception const& e) {
            text = e.what();
        }
    };
    if constexpr (std::is_void_v<T>)
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) { note(error); });
    else
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T) { note(error); });
    loop.run();
    return text;
}

} // namespace

TEST_CASE("what is done in time hands back its value and leaves no timer behind") {
    auto const start = std::chrono::steady_clock::now();
    CHECK(outcome(with_timeout(answer(), 1h)) == "value");
    CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("an exception comes through at once, long before the time is up") {
    auto const start = std::chrono::steady_clock::now();
    CHECK(outcome(with_timeout(complaint(), 1h)) == "no");
    CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("when the time is up the operation is cancelled, awaited and reported as timed out") {
    bool ended = false;
    CHECK(outcome(with_timeout(wait_for_ever(ended), 1ms)) == "timed out");
    CHECK(ended);
}
