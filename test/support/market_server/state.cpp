#include "support/market_server/state.hpp"

#include <algorithm>

namespace portfoliod::test {

namespace {

constexpr std::size_t targets_max = 100'000;

/// Late enough for every exchange but New York to have closed, while New York is open.
constexpr std::chrono::hours time_of_a_set_day{18};

} // namespace

State::State(MarketServerOptions const& options)
    : prices(options.seed), today_(options.today), dice_(options.seed) {
    for (auto const& rule : options.replay) replay_.add(rule);
}

std::optional<Misbehaviour> State::received(Request const& request) {
    auto const lock = std::scoped_lock(mutex_);
    auto misbehaviour = due_for(request);
    if (targets_.size() < targets_max) {
        targets_.push_back(request.target);
        faults_.push_back(misbehaviour);
    }
    arrived_.notify_all();
    return misbehaviour;
}

std::optional<Misbehaviour> State::due_for(Request const& request) {
    auto const due = std::ranges::find_if(misbehaviours_, [&](Misbehaviour const& misbehaviour) {
        return request.path.starts_with(misbehaviour.path);
    });
    if (due == misbehaviours_.end()) return std::nullopt;
    if (due->percent < 100 && static_cast<int>(dice_() % 100) >= due->percent) return std::nullopt;
    auto const misbehaviour = *due;
    if (due->times == 1)
        misbehaviours_.erase(due);
    else if (due->times > 1)
        --due->times;
    return misbehaviour;
}

Reply State::answer(Request const& request) const {
    {
        auto const lock = std::scoped_lock(mutex_);
        if (auto reply = replay_.find(request)) return *std::move(reply);
    }
    auto const now = market();
    for (auto* const provider : {yahoo, coinbase, kraken, ecb, frankfurter})
        if (auto reply = provider(request, now)) return *std::move(reply);
    return {404, "text/plain", "no provider of this market server has such a path\n"};
}

Market State::market() const {
    auto const lock = std::scoped_lock(mutex_);
    auto const now = today_ ? Instant(*today_ + time_of_a_set_day) : SystemClock().now();
    return {prices, now, splits_, first_days_};
}

void State::set_today(std::optional<Day> day) {
    auto const lock = std::scoped_lock(mutex_);
    today_ = day;
}

void State::add_split(ListedSplit split) {
    auto const lock = std::scoped_lock(mutex_);
    splits_.push_back(std::move(split));
}

void State::list_since(std::string symbol, Day day) {
    auto const lock = std::scoped_lock(mutex_);
    first_days_.insert_or_assign(std::move(symbol), day);
}

void State::misbehave(Misbehaviour misbehaviour) {
    auto const lock = std::scoped_lock(mutex_);
    misbehaviours_.push_back(std::move(misbehaviour));
}

void State::behave() {
    auto const lock = std::scoped_lock(mutex_);
    misbehaviours_.clear();
}

void State::show(Shown certificate) {
    auto const lock = std::scoped_lock(mutex_);
    shown_ = certificate;
}

Shown State::shown() const {
    auto const lock = std::scoped_lock(mutex_);
    return shown_;
}

std::vector<std::string> State::requests() const {
    auto const lock = std::scoped_lock(mutex_);
    return targets_;
}

int State::count(std::string_view target_prefix) const {
    auto const lock = std::scoped_lock(mutex_);
    return count_locked(target_prefix);
}

std::vector<std::optional<Misbehaviour>> State::faults() const {
    auto const lock = std::scoped_lock(mutex_);
    return faults_;
}

void State::forget_requests() {
    auto const lock = std::scoped_lock(mutex_);
    targets_.clear();
    faults_.clear();
}

bool State::wait_for(int wanted, std::string_view target_prefix,
                     std::chrono::milliseconds limit) const {
    auto lock = std::unique_lock(mutex_);
    return arrived_.wait_for(lock, limit, [&] { return count_locked(target_prefix) >= wanted; });
}

void State::connected() {
    auto const lock = std::scoped_lock(mutex_);
    ++connections_;
    ++open_;
}

void State::disconnected() {
    auto const lock = std::scoped_lock(mutex_);
    --open_;
    arrived_.notify_all();
}

int State::connections() const {
    auto const lock = std::scoped_lock(mutex_);
    return connections_;
}

bool State::wait_for_open(int wanted, std::chrono::milliseconds limit) const {
    auto lock = std::unique_lock(mutex_);
    return arrived_.wait_for(lock, limit, [&] { return open_ == wanted; });
}

int State::count_locked(std::string_view target_prefix) const {
    return static_cast<int>(std::ranges::count_if(
        targets_, [&](std::string const& target) { return target.starts_with(target_prefix); }));
}

} // namespace portfoliod::test
