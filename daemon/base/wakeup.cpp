#include "base/wakeup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace portfoliod {

namespace asio = boost::asio;

void Wakeup::ring() {
    rung_ = true;
    timer_.cancel();
}

asio::awaitable<bool> Wakeup::wait_for(std::chrono::milliseconds time_max) {
    if (!rung_) {
        timer_.expires_after(time_max);
        boost::system::error_code ended_early;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended_early));
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error{asio::error::operation_aborted};
    }
    co_return std::exchange(rung_, false);
}

asio::awaitable<void> pause(std::chrono::milliseconds time) {
    auto timer = asio::steady_timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace portfoliod
