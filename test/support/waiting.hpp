#pragma once

#include "db/listening.hpp"
#include "support/database.hpp"

#include <chrono>
#include <string>

namespace portfoliod::test {

/// Waits without sleeping: listens to everything the bus announces and looks again after each word
/// of it.
class Waiting {
  public:
    explicit Waiting(Database& database);

    /// Until the query's single value is `expected`; fails the test, saying what it was last, when
    /// the limit has passed first.
    void until(std::string_view query, std::string_view expected,
               std::chrono::seconds limit = std::chrono::seconds{30});

  private:
    Database& database_;
    db::Listening listening_;
};

} // namespace portfoliod::test
