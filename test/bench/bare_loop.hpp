#pragma once

#include "support/database.hpp"

#include <atomic>
#include <string>
#include <thread>

namespace portfoliod::bench {

/// In place of our triggers: an outbox row and a notification for each trade.
void with_bare_triggers(test::Database& database);

/// The least that could be done for a trade: hears transaction_created, empties bare_outbox, adds to bare_cache, announces
/// portfolio_updated. Plain libpq; what ours is measured against.
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
