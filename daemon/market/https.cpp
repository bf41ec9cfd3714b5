#include "market/https.hpp"

#include "base/error.hpp"
#include "base/timeout.hpp"
#include "market/certificate_check.hpp"
#include "market/resolve.hpp"
#include "market/response_reader.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

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

/// A line break in a value would smuggle in a header of its own; keys come from files that end with
/// one.
void check_header(std::string const& name, std::string const& value) {
    auto const is_control = [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    };
    if (name.empty() || std::ranges::any_of(name, is_control) ||
        name.find_first_of(" :") != name.npos)
        throw HttpsError(Kind::protocol, fmt::format("'{}' is no name of a header", name));
    if (std::ranges::any_of(value, is_control))
        throw HttpsError(Kind::protocol,
                         fmt::format("header {} was not sent: its value holds a line break or "
                                     "another control character",
                                     name));
}

std::string request_text(Url const& url, Headers const& headers) {
    auto host = url.host.find(':') == url.host.npos ? url.host : fmt::format("[{}]", url.host);
    if (url.port != "443") host += ":" + url.port;
    auto text = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n", url.target, host);
    for (auto const& [name, value] : headers) {
        check_header(name, value);
        text += fmt::format("{}: {}\r\n", name, value);
    }
    return text + "Accept-Encoding: identity\r\nConnection: close\r\n\r\n";
}

/// One GET from resolving to the last byte. Its errors carry their kind; only a cancellation comes
/// as system_error.
class Exchange {
  public:
    Exchange(asio::any_io_executor const& executor, asio::ssl::context& tls,
             HttpsLimits const& limits, Url url, Headers const& headers)
        : url_(std::move(url))
        , limits_(limits)
        , request_(request_text(url_, headers))
        , stream_(executor, tls) {}

    asio::awaitable<HttpsResponse> run() {
        co_await connect();
        co_await shake_hands();
        co_await send();
        co_return co_await receive();
    }

    /// What it was at, for the message of a time-out.
    [[nodiscard]] char const* stage() const { return stage_; }

  private:
    asio::awaitable<void> connect() {
        stage_ = "looking up its address";
        error_code error;
        auto lookup = resolve(url_.host, url_.port, error);
        auto const addresses = co_await std::move(lookup);
        if (error)
            fail(error, Kind::resolve,
                 fmt::format("{} cannot be found: {}", url_.host, error.message()));
        stage_ = "connecting";
        // An address that swallows packets must leave time for the next one and for the answer.
        auto const share = limits_.total_ms_max / (static_cast<int>(addresses.size()) + 1);
        for (auto const& address : addresses) {
            error = co_await connect_to(address, share);
            if (!error) co_return;
            if (error == asio::error::operation_aborted) break;
        }
        fail(error, Kind::connect,
             fmt::format("no connection to {} port {}: {}", url_.host, url_.port, error.message()));
    }

    asio::awaitable<error_code> connect_to(tcp::endpoint address, std::chrono::milliseconds limit) {
        auto& socket = stream_.next_layer();
        error_code error;
        socket.close(error);
        error.clear();
        auto attempt = socket.async_connect(address, asio::use_awaitable);
        try {
            co_await with_timeout(std::move(attempt), limit);
            socket.set_option(tcp::no_delay(true), error);
        } catch (TimedOut const&) {
            error = asio::error::timed_out;
        } catch (boost::system::system_error const& failure) {
            error = failure.code();
        }
        co_return error;
    }

    asio::awaitable<void> shake_hands() {
        stage_ = "agreeing on TLS";
        if (!is_ip_address(url_.host))
            SSL_set_tlsext_host_name(stream_.native_handle(), url_.host.c_str());
        stream_.set_verify_mode(asio::ssl::verify_peer);
        stream_.set_verify_callback(CertificateCheck(url_.host, refusal_));
        error_code error;
        co_await stream_.async_handshake(asio::ssl::stream_base::client,
                                         asio::redirect_error(asio::use_awaitable, error));
        if (!error) co_return;
        if (!refusal_.empty())
            throw HttpsError(
                Kind::certificate,
                fmt::format("certificate of {} was not accepted: {}", url_.host, refusal_));
        fail(error, is_cut_off(error) ? Kind::cut_off : Kind::protocol,
             fmt::format("no TLS connection with {}: {}", url_.host, in_words(error)));
    }

    asio::awaitable<void> send() {
        stage_ = "sending the request";
        error_code error;
        co_await asio::async_write(stream_, asio::buffer(request_),
                                   asio::redirect_error(asio::use_awaitable, error));
        if (error)
            fail(error, Kind::cut_off,
                 fmt::format("{} did not take the request: {}", url_.host, in_words(error)));
    }

    asio::awaitable<HttpsResponse> receive() {
        stage_ = "waiting for its answer";
        ResponseReader reader{url_.host, limits_};
        while (!reader.is_done()) {
            error_code error;
            auto const bytes = co_await stream_.async_read_some(
                reader.room(), asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
            if (bytes > 0) reader.received(bytes);
            if (error && !reader.is_done()) reader.closed(error);
            if (reader.has_begun()) stage_ = "reading its answer";
        }
        co_return reader.release();
    }

    [[noreturn]] void fail(error_code error, Kind kind, std::string const& what) const {
        if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
        throw HttpsError(kind, what);
    }

    Url url_;
    HttpsLimits limits_;
    std::string request_;
    std::string refusal_; ///< why the certificate was not accepted
    asio::ssl::stream<tcp::socket> stream_;
    char const* stage_ = "starting";
};

asio::ssl::context trusting(std::optional<std::filesystem::path> const& ca_file) {
    auto tls = asio::ssl::context(asio::ssl::context::tls_client);
    if (SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) != 1)
        throw Failure("OpenSSL on this machine does not offer TLS 1.2");
    tls.set_verify_mode(asio::ssl::verify_peer);
    error_code error;
    if (ca_file) {
        tls.load_verify_file(ca_file->string(), error);
        if (error)
            throw ConfigError(fmt::format("ca_file {}: cannot be read as certificates in PEM: {}",
                                          ca_file->string(), error.message()));
    } else {
        tls.set_default_verify_paths(error);
        if (error)
            throw ConfigError(
                fmt::format("the system's CA certificates cannot be read: {}; install "
                            "ca-certificates",
                            error.message()));
    }
    return tls;
}

} // namespace

HttpsClient::HttpsClient(asio::any_io_executor executor,
                         std::optional<std::filesystem::path> const& ca_file, HttpsLimits limits)
    : executor_(std::move(executor)), tls_(trusting(ca_file)), limits_(limits) {}

asio::awaitable<HttpsResponse> HttpsClient::get(Url url, Headers headers) {
    auto const host = url.host;
    Exchange exchange(executor_, tls_, limits_, std::move(url), headers);
    auto answer = exchange.run();
    try {
        co_return co_await with_timeout(std::move(answer), limits_.total_ms_max);
    } catch (TimedOut const&) {
        throw HttpsError(Kind::timeout,
                         fmt::format("{} gave no complete answer within {}; it was cut short while "
                                     "{}",
                                     host, limits_.total_ms_max, exchange.stage()));
    }
}

} // namespace portfoliod::market
