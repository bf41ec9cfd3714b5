#include "schedule/rota.hpp"

#include <algorithm>
#include <tuple>

namespace portfoliod::schedule {

namespace {

using std::chrono::milliseconds;

/// A day's last prices that did not come are asked for again, for so long.
constexpr auto last_try = std::chrono::hours{1};

/// A clock that was set back makes attempts of the future: they do not count.
bool asked_by(Listed const& one, Instant now) { return one.asked && *one.asked <= now; }

bool is_due(Listed const& one, milliseconds interval, milliseconds beat, Instant now) {
    // Its turn may come a little before the interval is over, else it would now and then miss one.
    auto const early = std::min(std::max(beat, interval / 20), interval / 2);
    return !asked_by(one, now) || *one.asked + interval - early <= now;
}

} // namespace

bool Rota::wanted(Listed const& one, Instant now) {
    if (one.trading.open) return true;
    auto const& final_at = one.trading.final_at;
    if (!final_at || *final_at > now) return false;
    if (!asked_by(one, now) || *one.asked < *final_at) return true;
    return one.failed && now < *final_at + last_try;
}

std::vector<Turn> Rota::take_turns(std::vector<Listed> const& all, Instant now) {
    std::map<std::string, std::vector<Listed const*>> by_provider;
    for (auto const& one : all)
        if (wanted(one, now)) by_provider[one.pace.provider].push_back(&one);
    std::vector<Turn> turns;
    for (auto& [provider, wanted] : by_provider)
        if (auto turn = take_turn(provider, std::move(wanted), now))
            turns.push_back(std::move(*turn));
    return turns;
}

std::optional<Turn> Rota::take_turn(std::string const& provider, std::vector<Listed const*> wanted,
                                    Instant now) {
    auto const& pace = wanted.front()->pace;
    // A provider may take coins together and shares one by one: reckoned by the fewest, none is asked too fast.
    auto const fewest =
        std::ranges::min(wanted, {}, [](auto const* one) { return one->pace.together_max; });
    auto const together = static_cast<std::size_t>(std::max(fewest->pace.together_max, 1));
    auto const requests = static_cast<std::int64_t>((wanted.size() + together - 1) / together);
    auto const interval = std::max(interval_, requests * pace.spacing);
    auto const beat = std::max(interval / requests, milliseconds{1});

    auto& next = next_.try_emplace(provider, now).first->second;
    if (next > now + beat) next = now; // a clock set back, or another beat than before
    if (next > now) return std::nullopt;
    auto const beats = std::min<std::int64_t>((now - next) / beat + 1, requests);

    std::erase_if(wanted, [&](auto const* one) { return !is_due(*one, interval, beat, now); });
    std::ranges::sort(wanted, {}, [&](auto const* one) {
        return std::tuple{asked_by(*one, now), one->asked, one->asset.id};
    });
    if (wanted.empty()) {
        next = now; // what is due a moment later need not wait a whole beat
        return std::nullopt;
    }
    next += beats * beat;
    if (next <= now) next = now + beat; // it rested for more than an interval
    wanted.resize(std::min(wanted.size(), static_cast<std::size_t>(beats) * together));
    Turn turn{provider, {}, interval};
    for (auto const* const one : wanted) turn.assets.push_back(one->asset);
    return turn;
}

} // namespace portfoliod::schedule
