#pragma once

#include "base/time.hpp"
#include "base/timer.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

namespace portfoliod::test {

/// A clock whose hands move only when everybody waits for them, and the timers that go with it: an
/// hour of waiting takes no time. Sockets work as ever; while something is under way on them time
/// stands still.
class SimulatedTime final : public Clock, public Timers {
  public:
    explicit SimulatedTime(boost::asio::io_context& loop,
                           Instant start = parse_instant("2026-11-24 12:00:00").value())
        : loop_(loop), now_(start) {}

    [[nodiscard]] Instant now() const override { return now_; }

    std::unique_ptr<Timer> make() override { return std::make_unique<Waiting>(*this); }

    /// One piece of work, or the next deadline when there is none and nothing is under way outside.
    /// Throws when everybody waits for nothing.
    void step(std::function<bool()> const& under_way) {
        loop_.restart();
        if (loop_.poll_one() > 0) return;
        if (under_way()) {
            if (loop_.run_one_for(std::chrono::seconds{60}) == 0)
                throw std::runtime_error{"nothing comes from outside"};
            return;
        }
        advance();
    }

    /// Called with the time that is over, before the hands move.
    std::function<void(Instant)> before_advance = [](Instant) {};

  private:
    class Waiting final : public Timer {
      public:
        explicit Waiting(SimulatedTime& time) : time_(time), timer_(time.loop_) {}

        Waiting(Waiting const&) = delete;
        Waiting& operator=(Waiting const&) = delete;

        ~Waiting() override { forget(); }

        boost::asio::awaitable<void> wait(std::chrono::milliseconds time) override {
            namespace asio = boost::asio;
            forget();
            timer_.expires_at(asio::steady_timer::time_point::max());
            place_ = time_.deadlines_.emplace(time_.now_ + time, this);
            waits_ = true;
            boost::system::error_code woken;
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            forget();
            auto const cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none)
                throw boost::system::system_error(asio::error::operation_aborted);
        }

        void wake() override {
            forget();
            timer_.cancel();
        }

      private:
        void forget() {
            if (waits_) time_.deadlines_.erase(place_);
            waits_ = false;
        }

        SimulatedTime& time_;
        boost::asio::steady_timer timer_;
        std::multimap<Instant, Waiting*>::iterator place_;
        bool waits_ = false;
    };

    void advance() {
        if (deadlines_.empty()) throw std::runtime_error{"everybody waits for nothing"};
        before_advance(now_);
        now_ = std::max(now_, deadlines_.begin()->first);
        while (!deadlines_.empty() && deadlines_.begin()->first <= now_)
            deadlines_.begin()->second->wake();
    }

    boost::asio::io_context& loop_;
    Instant now_;
    std::multimap<Instant, Waiting*> deadlines_;
};

} // namespace portfoliod::test
