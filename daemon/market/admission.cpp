#include "market/admission.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
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
    : admission(a), at(a.line_.emplace(a.line_.end(), a.timers_.make())) {}

Admission::Place::~Place() {
    bool const was_first = at == admission.line_.begin();
    admission.line_.erase(at);
    if (was_first) admission.wake_first();
}

Admission::Admission(Timers& timers, Limiter& limiter, Allotment& allotment)
    : timers_(timers), limiter_(limiter), allotment_(allotment) {}

asio::awaitable<std::optional<Permit>> Admission::acquire(std::chrono::milliseconds max_wait) {
    if (line_.size() >= line_max) co_return std::nullopt;
    auto const give_up_at = limiter_.uptime() + max_wait;
    Place const place(*this);
    for (;;) {
        auto const now = limiter_.uptime();
        auto const wait = limiter_.wait();
        bool const is_first = place.at == line_.begin();
        bool const admitted = is_first && limiter_.slot_free() && wait.count() == 0;
        if (admitted && allotment_.holds_one()) {
            allotment_.spend();
            limiter_.started();
            co_return Permit(*this);
        }
        if (admitted) {
            auto charging = allotment_.charge();
            co_await std::move(charging);
            auto const cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none)
                throw boost::system::system_error(asio::error::operation_aborted);
            continue;
        }
        if (now >= give_up_at || now + wait > give_up_at) co_return std::nullopt;
        // Only the first in line counts the windows down; the others, and it too while no slot is
        // free, are woken.
        bool const awaits_window = is_first && limiter_.slot_free();
        auto waiting = (*place.at)->wait(awaits_window ? wait : give_up_at - now);
        co_await std::move(waiting);
    }
}

void Admission::release() {
    limiter_.finished();
    wake_first();
}

void Admission::wake_first() {
    if (!line_.empty()) line_.front()->wake();
}

} // namespace portfoliod::market
