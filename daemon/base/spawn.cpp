#include "base/spawn.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace portfoliod {

namespace asio = boost::asio;

Tasks::Tasks(asio::any_io_executor executor, OnFailure on_failure)
    : executor_(executor)
    , on_failure_(std::move(on_failure))
    , last_ended_(executor, asio::steady_timer::time_point::max()) {}

void Tasks::spawn(std::string name, asio::awaitable<void> task) {
    auto const at = tasks_.emplace(tasks_.end());
    at->name = std::move(name);
    asio::co_spawn(
        executor_, std::move(task),
        asio::bind_cancellation_slot(at->cancel.slot(),
                                     // The one place where a task's exception arrives.
                                     [this, at](std::exception_ptr error) { ended(at, error); }));
    if (stopping_) at->cancel.emit(asio::cancellation_type::terminal);
}

void Tasks::ended(std::list<Task>::iterator task, std::exception_ptr const& error) {
    auto const name = std::move(task->name);
    tasks_.erase(task);
    if (tasks_.empty()) last_ended_.cancel();
    if (error && !(stopping_ && is_cancellation(error))) on_failure_(name, error);
}

void Tasks::stop() {
    stopping_ = true;
    // A handler may end its task, and so erase it, while the signal is emitted.
    for (auto at = tasks_.begin(); at != tasks_.end();)
        (at++)->cancel.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> Tasks::join() {
    while (!tasks_.empty()) {
        boost::system::error_code cancelled;
        last_ended_.expires_at(asio::steady_timer::time_point::max());
        co_await last_ended_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
}

std::string describe(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        return e.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

bool is_cancellation(std::exception_ptr const& error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (boost::system::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
    return false;
}

} // namespace portfoliod
