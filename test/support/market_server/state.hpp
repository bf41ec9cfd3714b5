#pragma once

#include "support/market_server/market_server.hpp"
#include "support/market_server/message.hpp"
#include "support/market_server/providers.hpp"
#include "support/market_server/replay.hpp"

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <random>

namespace portfoliod::test {

/// What the server's thread and the tests share.
class State {
  public:
    explicit State(MarketServerOptions const& options);

    /// Notes the request down; the misbehaviour due for it, if any.
    std::optional<Misbehaviour> received(Request const& request);
    [[nodiscard]] Reply answer(Request const& request) const;

    [[nodiscard]] Market market() const;
    void set_today(std::optional<Day> day);
    void add_split(ListedSplit split);
    void list_since(std::string symbol, Day day);
    void misbehave(Misbehaviour misbehaviour);
    void behave();
    void show(Shown certificate);
    [[nodiscard]] Shown shown() const;

    [[nodiscard]] std::vector<std::string> requests() const;
    [[nodiscard]] int count(std::string_view target_prefix) const;
    [[nodiscard]] std::vector<std::optional<Misbehaviour>> faults() const;
    void forget_requests();
    bool wait_for(int wanted, std::string_view target_prefix,
                  std::chrono::milliseconds limit) const;

    void connected();
    void disconnected();
    [[nodiscard]] int connections() const;
    bool wait_for_open(int wanted, std::chrono::milliseconds limit) const;

    Prices const prices;

  private:
    std::optional<Misbehaviour> due_for(Request const& request);
    [[nodiscard]] int count_locked(std::string_view target_prefix) const;

    mutable std::mutex mutex_;
    mutable std::condition_variable arrived_;
    Replay replay_;
    std::optional<Day> today_;
    std::vector<ListedSplit> splits_;
    std::list<Misbehaviour> misbehaviours_;
    std::vector<std::string> targets_;
    std::vector<std::optional<Misbehaviour>> faults_; ///< of targets_
    std::map<std::string, Day, std::less<>> first_days_;
    std::mt19937_64 dice_;
    Shown shown_ = Shown::good;
    int connections_ = 0;
    int open_ = 0;
};

/// The answer to a path below /control, see control.cpp.
Reply control(Request const& request, State& state);

} // namespace portfoliod::test
