#pragma once

#include "market/connection.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace portfoliod::market {

/// Connections that wait for the next request to their host: a handshake costs more than most answers do. At most four a host and
/// sixteen in all. One is closed as soon as its server closes it or says anything unasked, and when nobody wanted it for the time given.
/// Used from the loop's thread only; as long as it holds one, its loop has work.
class IdleConnections {
  public:
    IdleConnections(boost::asio::any_io_executor const& executor,
                    std::chrono::milliseconds time_max);
    IdleConnections(IdleConnections const&) = delete;
    IdleConnections& operator=(IdleConnections const&) = delete;
    ~IdleConnections(); ///< closes them

    /// The one of that host that was used last, or nothing.
    std::unique_ptr<Connection> take(std::string const& host, std::string const& port);
    /// One that is_kept().
    void keep(std::unique_ptr<Connection> connection);
    void close();

    [[nodiscard]] std::size_t size() const;

  private:
    struct Kept;
    std::shared_ptr<Kept> kept_; ///< handlers that come later look whether it is still there
};

} // namespace portfoliod::market
