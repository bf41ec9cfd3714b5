#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace portfoliod::bench {

/// The reference for the bus: the least that any daemon must do for a notification, in plain libpq.
/// Takes what is in `bare_outbox`, adds it to `bare_cache`, announces `portfolio_updated`.
class BareLoop {
  public:
    explicit BareLoop(std::string const& url);
    BareLoop(BareLoop const&) = delete;
    BareLoop& operator=(BareLoop const&) = delete;
    ~BareLoop();

  private:
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace portfoliod::bench
