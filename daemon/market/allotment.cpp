#include "market/allotment.hpp"

#include <algorithm>
#include <utility>

namespace portfoliod::market {

namespace asio = boost::asio;

namespace {

constexpr int blocks_per_limit = 64;
/// Of a provider without any limit to store: it only looks at what others noted of it.
constexpr int block_unlimited = 1000;
constexpr std::chrono::milliseconds unlimited_valid = std::chrono::minutes{1};

std::chrono::milliseconds valid(std::vector<WindowUse> const& windows) {
    if (windows.empty()) return unlimited_valid;
    return stored_permit_valid(std::ranges::min(windows, {}, &WindowUse::length).length);
}

} // namespace

Allotment::Allotment(std::string provider, Limiter& limiter, Budgets* budgets)
    : provider_(std::move(provider)), limiter_(limiter), budgets_(budgets) {}

bool Allotment::holds_one() {
    return budgets_ == nullptr || (in_hand_ > 0 && limiter_.uptime() < good_until_);
}

void Allotment::spend() {
    if (budgets_ == nullptr) return;
    --in_hand_;
    ++spent_;
}

asio::awaitable<void> Allotment::charge() {
    auto const windows = stored_windows();
    auto const wanted = std::clamp(2 * spent_, 1, block_max(windows));
    auto const asked_at = limiter_.uptime();
    in_hand_ = 0;
    spent_ = 0;
    good_until_ = asked_at + valid(windows);
    auto charging = budgets_->charge(provider_, windows, wanted);
    auto const grant = co_await std::move(charging);
    take(grant, asked_at);
}

void Allotment::take(Grant const& grant, Limiter::Uptime asked_at) {
    reachable_ = grant.reachable;
    if (grant.reachable && !std::exchange(knows_standing_, true))
        limiter_.resume_pace(std::min(limiter_.pace(), grant.standing.pace));
    limiter_.pause(grant.standing.paused_for);
    in_hand_ = grant.requests;
    if (grant.requests == 0) limiter_.refused(std::max(grant.wait, std::chrono::milliseconds{1}));
    if (bool const too_late = limiter_.uptime() >= good_until_; grant.requests > 0 && too_late) {
        // A store so slow would be charged for nothing time and again.
        reachable_ = false;
        limiter_.refused(limiter_.uptime() - asked_at);
    }
}

std::vector<WindowUse> Allotment::stored_windows() {
    auto windows = limiter_.windows();
    std::erase_if(windows, [](auto const& window) { return window.length < stored_window_min; });
    return windows;
}

int Allotment::block_max(std::vector<WindowUse> const& windows) const {
    if (windows.empty()) return block_unlimited;
    auto const smallest = std::ranges::min(windows, {}, &WindowUse::requests_max_now);
    return std::max(1, smallest.requests_max_now / blocks_per_limit);
}

} // namespace portfoliod::market
