#include "base/timer.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace portfoliod {

namespace asio = boost::asio;

namespace {

class SteadyTimer final : public Timer {
  public:
    explicit SteadyTimer(asio::any_io_executor const& executor) : timer_(executor) {}

    asio::awaitable<void> wait(std::chrono::milliseconds time) override {
        timer_.expires_after(time);
        boost::system::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
    }

    void wake() override { timer_.cancel(); }

  private:
    asio::steady_timer timer_;
};

} // namespace

std::unique_ptr<Timer> SteadyTimers::make() { return std::make_unique<SteadyTimer>(executor_); }

} // namespace portfoliod
