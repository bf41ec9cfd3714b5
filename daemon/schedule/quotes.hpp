#pragma once

#include "base/spawn.hpp"
#include "base/time.hpp"
#include "db/lane.hpp"
#include "market/calendars.hpp"
#include "market/market.hpp"
#include "schedule/rota.hpp"
#include "tracking/policy.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace portfoliod::schedule {

/// An asset that somebody holds, and when its quote was last asked for.
struct Held {
    market::Asset asset;
    std::optional<Instant> asked;
};

std::vector<Held> held_assets(db::Transaction& transaction);

/// Gets the latest prices of what is held, while it is traded. Providers are asked beside each other, each by a task of its own, so
/// that one that is slow holds up no other's.
class Quotes {
  public:
    /// What is given outlives the tasks.
    Quotes(db::Lane& lane, market::Market& market, market::Calendars const& calendars,
           Clock const& clock, std::chrono::seconds interval, tracking::Policy policy,
           Tasks& tasks);

    /// From the next look on.
    void change(std::chrono::seconds interval, tracking::Policy policy);

    /// Called when quotes were stored.
    void on_quotes(std::function<void()> call) { on_quotes_ = std::move(call); }

    /// Starts asking for what is due; throws db::Error.
    boost::asio::awaitable<void> look();

    /// When to look again.
    [[nodiscard]] std::chrono::milliseconds next_look() const { return next_look_; }

  private:
    struct Attempt {
        Instant at;
        bool failed;
    };

    std::vector<Listed> list(std::vector<Held> const& held, Instant now);
    boost::asio::awaitable<void> ask(Turn turn);
    boost::asio::awaitable<bool> take(market::Asset asset, market::PriceAnswer answer);
    /// What became of the last attempt, unless it is nobody's any more.
    void note(market::Asset const& asset, bool failed);
    void plan_next_look(std::vector<Listed> const& listed, Instant now);
    void say_who_rests(std::vector<Listed> const& listed);
    void say_what_stretches(Turn const& turn);
    void say_what_came(Instant now);

    db::Lane& lane_;
    market::Market& market_;
    market::Calendars const& calendars_;
    Clock const& clock_;
    std::chrono::milliseconds interval_;
    tracking::Policy policy_;
    Tasks& tasks_;

    std::function<void()> on_quotes_ = [] {};
    Rota rota_;
    std::map<int, Attempt> attempts_; ///< of the assets held
    std::set<std::string> busy_;      ///< providers that are being asked
    std::chrono::milliseconds next_look_{0};

    std::set<std::string> resting_;   ///< calendars said to be closed
    std::set<std::string> stretched_; ///< providers said to need longer than the interval

    struct Tally {
        Instant since;
        int asked = 0;
        int came = 0;
        std::string failure = {};
    } tally_;
};

} // namespace portfoliod::schedule
