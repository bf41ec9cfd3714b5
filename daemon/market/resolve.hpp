#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <string>
#include <vector>

namespace portfoliod::market {

/// The addresses of a host name (or IP address, which asks nobody), in the order to try them.
/// Unlike Asio's resolver it ends at once when cancelled, then with operation_aborted: getaddrinfo
/// cannot be interrupted, so its late answer is dropped. Without an address `error` is set.
boost::asio::awaitable<std::vector<boost::asio::ip::tcp::endpoint>>
resolve(std::string host, std::string port, boost::system::error_code& error);

} // namespace portfoliod::market
