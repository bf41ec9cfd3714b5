#pragma once

#include "base/error.hpp"

#include <string>

namespace portfoliod::db {

/// A statement or a connection failed; what() is the server's message.
class Error : public Failure {
  public:
    Error(std::string const& what, std::string sqlstate, bool connection_lost)
        : Failure(what), sqlstate(std::move(sqlstate)), connection_lost(connection_lost) {}

    /// Whether the same may work a little later: the connection, a lock, a deadlock, a time-out, a full server.
    [[nodiscard]] bool may_pass() const {
        return connection_lost || sqlstate == "40001" || sqlstate == "40P01" ||
               sqlstate == "55P03" || sqlstate == "57014" || sqlstate.starts_with("53");
    }

    std::string sqlstate; ///< "" when the server never answered
    bool connection_lost; ///< the session is gone; the next one may do better
};

} // namespace portfoliod::db
