#pragma once

#include "support/market_server/state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <list>

namespace portfoliod::test {

/// Those that are open; used from the server's thread only.
struct Connections {
    struct One {
        boost::asio::ip::tcp::socket* socket;
        bool idle = false;   ///< waits for a request
        bool leaves = false; ///< as soon as it would wait for one
    };

    std::list<One> all = {};
    std::function<void()> ended = [] {};
};

/// One connection: TLS, then request after request, each with its answer, until a misbehaviour or the client ends it. Throws when the
/// client leaves.
boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket,
                                   boost::asio::ssl::context& tls, State& state,
                                   Connections& connections);

} // namespace portfoliod::test
