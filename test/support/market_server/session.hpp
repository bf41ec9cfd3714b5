#pragma once

#include "support/market_server/state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace portfoliod::test {

/// One connection: TLS, one request, its answer or misbehaviour, end. Throws when the client leaves
/// early.
boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket,
                                   boost::asio::ssl::context& tls, State& state);

} // namespace portfoliod::test
