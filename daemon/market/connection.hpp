#pragma once

#include "market/https.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>

namespace portfoliod::market {

/// One TLS connection to one host, whose certificate was verified when it was opened; for one request after the other, as long as
/// both sides keep it. The errors of its members carry their kind; only a cancellation comes as system_error.
class Connection {
  public:
    using Socket = boost::asio::ip::tcp::socket;

    Connection(boost::asio::any_io_executor const& executor, boost::asio::ssl::context& tls,
               std::string host, std::string port);

    [[nodiscard]] bool leads_to(std::string const& host, std::string const& port) const {
        return host == host_ && port == port_;
    }

    [[nodiscard]] std::string const& host() const { return host_; }

    [[nodiscard]] std::string const& port() const { return port_; }

    /// Of all its addresses together.
    boost::asio::awaitable<void> open(std::chrono::milliseconds time_max);
    boost::asio::awaitable<HttpsResponse> ask(std::string const& request,
                                              HttpsLimits const& limits);

    /// Whether a byte of the answer to the last request came.
    [[nodiscard]] bool was_answered() const { return answered_; }

    /// Whether it can take another request: the last answer is complete and its sender keeps the connection.
    [[nodiscard]] bool is_kept() const { return kept_; }

    /// What it is at, for the message of a time-out.
    [[nodiscard]] char const* stage() const { return stage_; }

    /// To wait for what comes unasked.
    Socket& socket() { return stream_.next_layer(); }

    /// Whether something has arrived that no answer took: nothing asked here would get its own answer.
    [[nodiscard]] bool has_more();

  private:
    boost::asio::awaitable<void> connect(std::chrono::milliseconds time_max);
    boost::asio::awaitable<boost::system::error_code>
    connect_to(boost::asio::ip::tcp::endpoint address, std::chrono::milliseconds limit);
    boost::asio::awaitable<void> shake_hands();
    boost::asio::awaitable<void> send(std::string const& request);
    boost::asio::awaitable<HttpsResponse> receive(HttpsLimits const& limits);
    [[noreturn]] static void fail(boost::system::error_code error, HttpsError::Kind kind,
                                  std::string const& what);

    std::string host_;
    std::string port_;
    std::string refusal_; ///< why the certificate was not accepted
    boost::asio::ssl::stream<Socket> stream_;
    char const* stage_ = "starting";
    bool answered_ = false;
    bool kept_ = false;
};

} // namespace portfoliod::market
