#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace portfoliod::bench {

/// The least that could be done for a trade: hears transaction_created, empties bare_outbox, adds to bare_cache, announces
/// portfolio_updated (see with_bare_triggers). Plain libpq, and nothing else is linked to it; what ours is measured against.
class BareLoop {
  public:
    BareLoop(std::string const& url, bool await_disk);
    ~BareLoop();
    BareLoop(BareLoop const&) = delete;
    BareLoop& operator=(BareLoop const&) = delete;

  private:
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// How fast one worker takes jobs from a table, one row and one commit a job; of 1,000.
double job_queue_rows_per_second(std::string const& url);

} // namespace portfoliod::bench
