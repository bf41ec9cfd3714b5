#include "market/connection.hpp"

#include "base/timeout.hpp"
#include "market/certificate_check.hpp"
#include "market/resolve.hpp"
#include "market/response_reader.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <utility>

namespace portfoliod::market {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Kind = HttpsError::Kind;

namespace {

bool is_ip_address(std::string const& host) {
    error_code error;
    asio::ip::make_address(host, error);
    return !error;
}

} // namespace

Connection::Connection(asio::any_io_executor const& executor, asio::ssl::context& tls,
                       std::string host, std::string port)
    : host_(std::move(host)), port_(std::move(port)), stream_(executor, tls) {}

asio::awaitable<void> Connection::open(std::chrono::milliseconds time_max) {
    co_await connect(time_max);
    co_await shake_hands();
}

asio::awaitable<HttpsResponse> Connection::ask(std::string const& request,
                                               HttpsLimits const& limits) {
    answered_ = false;
    kept_ = false;
    co_await send(request);
    co_return co_await receive(limits);
}

asio::awaitable<void> Connection::connect(std::chrono::milliseconds time_max) {
    stage_ = "looking up its address";
    error_code error;
    auto lookup = resolve(host_, port_, error);
    auto const addresses = co_await std::move(lookup);
    if (error)
        fail(error, Kind::resolve, fmt::format("{} cannot be found: {}", host_, error.message()));
    stage_ = "connecting";
    // An address that swallows packets must leave time for the next one and for the answer.
    auto const share = time_max / (static_cast<int>(addresses.size()) + 1);
    for (auto const& address : addresses) {
        error = co_await connect_to(address, share);
        if (!error) co_return;
        if (error == asio::error::operation_aborted) break;
    }
    fail(error, Kind::connect,
         fmt::format("no connection to {} port {}: {}", host_, port_, error.message()));
}

asio::awaitable<error_code> Connection::connect_to(tcp::endpoint address,
                                                   std::chrono::milliseconds limit) {
    error_code error;
    socket().close(error);
    error.clear();
    auto attempt = socket().async_connect(address, asio::use_awaitable);
    try {
        co_await with_timeout(std::move(attempt), limit);
        socket().set_option(tcp::no_delay(true), error);
    } catch (TimedOut const&) {
        error = asio::error::timed_out;
    } catch (boost::system::system_error const& failure) {
        error = failure.code();
    }
    co_return error;
}

asio::awaitable<void> Connection::shake_hands() {
    stage_ = "agreeing on TLS";
    if (!is_ip_address(host_)) SSL_set_tlsext_host_name(stream_.native_handle(), host_.c_str());
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(CertificateCheck(host_, refusal_));
    error_code error;
    co_await stream_.async_handshake(asio::ssl::stream_base::client,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return;
    if (!refusal_.empty())
        throw HttpsError(Kind::certificate,
                         fmt::format("certificate of {} was not accepted: {}", host_, refusal_));
    fail(error, is_cut_off(error) ? Kind::cut_off : Kind::protocol,
         fmt::format("no TLS connection with {}: {}", host_, in_words(error)));
}

asio::awaitable<void> Connection::send(std::string const& request) {
    stage_ = "sending the request";
    error_code error;
    co_await asio::async_write(stream_, asio::buffer(request),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error)
        fail(error, Kind::cut_off,
             fmt::format("{} did not take the request: {}", host_, in_words(error)));
}

asio::awaitable<HttpsResponse> Connection::receive(HttpsLimits const& limits) {
    stage_ = "waiting for its answer";
    ResponseReader reader{host_, limits};
    while (!reader.is_done()) {
        error_code error;
        auto const bytes = co_await stream_.async_read_some(
            reader.room(), asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
        answered_ = answered_ || bytes > 0;
        if (bytes > 0) reader.received(bytes);
        if (error && !reader.is_done()) reader.closed(error);
        if (reader.has_begun()) stage_ = "reading its answer";
    }
    // What lies beyond the answer's end would be taken for the next one.
    auto const may_stay = reader.keeps_connection() && !has_more();
    auto response = reader.release();
    kept_ = may_stay;
    co_return response;
}

bool Connection::has_more() {
    auto* const tls = stream_.native_handle();
    error_code gone;
    return SSL_has_pending(tls) != 0 || BIO_ctrl_pending(SSL_get_rbio(tls)) > 0 ||
           socket().available(gone) > 0 || gone;
}

void Connection::fail(error_code error, Kind kind, std::string const& what) {
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    throw HttpsError(kind, what);
}

} // namespace portfoliod::market
