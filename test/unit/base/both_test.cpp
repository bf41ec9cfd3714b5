#include "base/both.hpp"
#include "base/timeout.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

/// Writes the letter three times, and lets others run in between.
asio::awaitable<void> write_thrice(std::string& text, char letter) {
    for (auto i = 0; i < 3; ++i) {
        text += letter;
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
}

asio::awaitable<void> complain(std::string complaint) {
    throw std::runtime_error(complaint);
    co_return;
}

asio::awaitable<void> wait_for_ever() {
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

/// Runs to the end of the loop; what the task threw, in words.
std::string outcome(asio::awaitable<void> task) {
    asio::io_context loop;
    std::string text = "value";
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr const& error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (std::exception const& e) {
            text = e.what();
        }
    });
    loop.run();
    return text;
}

} // namespace

TEST_CASE("both run side by side, and are awaited") {
    std::string text;
    CHECK(outcome(both(write_thrice(text, 'a'), write_thrice(text, 'b'))) == "value");
    CHECK(text == "ababab");
}

TEST_CASE("what one of both throws comes when the other has ended too") {
    std::string text;
    CHECK(outcome(both(complain("one"), write_thrice(text, 'b'))) == "one");
    CHECK(text == "bbb");
    CHECK(outcome(both(write_thrice(text, 'a'), complain("other"))) == "other");
    CHECK(outcome(both(complain("one"), complain("other"))) == "one");
}

TEST_CASE("whoever is cancelled while awaiting both cancels both") {
    CHECK(outcome(with_timeout(both(wait_for_ever(), wait_for_ever()), 1ms)) == "timed out");
}
