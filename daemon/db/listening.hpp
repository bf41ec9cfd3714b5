#pragma once

#include "db/session.hpp"

#include <memory>
#include <string>
#include <vector>

namespace portfoliod::db {

/// Advisory locks of the database, as (classid, objid).
struct AdvisoryLock {
    int classid;
    int objid;
};

/// Held by the one daemon that runs the schedule.
inline constexpr AdvisoryLock schedule_lock{7001, 2};

struct Notification {
    std::string channel;
    std::string payload;
};

/// A connection of its own that LISTENs and is never inside a transaction. Opening and probing
/// block, so they run on a database thread; take() reads only what has arrived.
class Listening {
  public:
    Listening(SessionOptions const& options, std::vector<std::string> channels);
    Listening(Listening const&) = delete;
    Listening& operator=(Listening const&) = delete;
    ~Listening();

    /// libpq's socket; it belongs to libpq and is closed with this object.
    [[nodiscard]] int socket() const;
    /// What has arrived; throws Error when the connection is known to be gone.
    std::vector<Notification> take();
    /// Asks the server: throws Error when it does not answer in time or no longer knows one of our
    /// channels.
    void probe();
    /// True when this session holds the lock, from before or from now on; it goes with the session.
    bool try_lock(AdvisoryLock lock);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace portfoliod::db
