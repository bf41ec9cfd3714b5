#include "market/admission.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace portfoliod::market {

namespace asio = boost::asio;

namespace {

/// Far above what the workers ask at once; it only keeps a mistake elsewhere from growing without
/// end.
constexpr std::size_t line_max = 10'000;

} // namespace

Permit::Permit(Permit&& other) noexcept : admission_(std::exchange(other.admission_, nullptr)) {}

Permit::~Permit() {
    if (admission_ != nullptr) admission_->release();
}

Admission::Place::Place(Admission& a)
    : admission(a), at(a.line_.emplace(a.line_.end(), a.executor_)) {}

Admission::Place::~Place() {
    bool const was_first = at == admission.line_.begin();
    admission.line_.erase(at);
    if (was_first) admission.wake_first();
}

Admission::Admission(asio::any_io_executor executor, Limiter& limiter)
    : executor_(std::move(executor)), limiter_(limiter) {}

asio::awaitable<std::optional<Permit>> Admission::acquire(std::chrono::milliseconds max_wait) {
    if (line_.size() >= line_max) co_return std::nullopt;
    auto const give_up_at = asio::steady_timer::clock_type::now() + max_wait;
    Place const place(*this);
    for (;;) {
        auto const now = asio::steady_timer::clock_type::now();
        auto const wait = limiter_.wait();
        bool const is_first = place.at == line_.begin();
        if (is_first && limiter_.slot_free() && wait.count() == 0) {
            limiter_.started();
            co_return Permit(*this);
        }
        if (now >= give_up_at || now + wait > give_up_at) co_return std::nullopt;
        // Only the first in line counts the windows down; the others, and it too while no slot is
        // free, are woken.
        bool const awaits_window = is_first && limiter_.slot_free();
        place.at->expires_at(awaits_window ? now + wait : give_up_at);
        boost::system::error_code woken;
        co_await place.at->async_wait(asio::redirect_error(asio::use_awaitable, woken));
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
    }
}

void Admission::release() {
    limiter_.finished();
    wake_first();
}

void Admission::wake_first() {
    if (!line_.empty()) line_.front().cancel();
}

} // namespace portfoliod::market
