#include "market/https.hpp"

#include "base/error.hpp"
#include "base/timeout.hpp"
#include "market/connection.hpp"
#include "market/idle_connections.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::market {

namespace asio = boost::asio;
using boost::system::error_code;
using Kind = HttpsError::Kind;

namespace {

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
    return text + "Accept-Encoding: identity\r\n\r\n";
}

/// One GET from resolving to the last byte.
class Exchange {
  public:
    Exchange(asio::any_io_executor executor, asio::ssl::context& tls, IdleConnections& idle,
             HttpsLimits const& limits, Url const& url, Headers const& headers)
        : executor_(std::move(executor))
        , tls_(tls)
        , idle_(idle)
        , limits_(limits)
        , host_(url.host)
        , port_(url.port)
        , request_(request_text(url, headers)) {}

    asio::awaitable<HttpsResponse> run() {
        connection_ = idle_.take(host_, port_);
        if (connection_) {
            auto answer = co_await ask_again();
            if (answer) co_return *std::move(answer);
        }
        connection_ = std::make_unique<Connection>(executor_, tls_, host_, port_);
        co_await connection_->open(limits_.total_ms_max);
        co_return co_await ask();
    }

    /// What it was at, for the message of a time-out.
    [[nodiscard]] char const* stage() const {
        return connection_ ? connection_->stage() : "starting";
    }

  private:
    asio::awaitable<HttpsResponse> ask() {
        auto response = co_await connection_->ask(request_, limits_);
        if (connection_->is_kept()) idle_.keep(std::move(connection_));
        co_return response;
    }

    /// Nothing when the connection was gone before any of the answer came.
    asio::awaitable<std::optional<HttpsResponse>> ask_again() {
        try {
            co_return co_await ask();
        } catch (HttpsError const&) {
            if (connection_->was_answered()) throw;
        }
        co_return std::nullopt;
    }

    asio::any_io_executor executor_;
    asio::ssl::context& tls_;
    IdleConnections& idle_;
    HttpsLimits limits_;
    std::string host_;
    std::string port_;
    std::string request_;
    std::unique_ptr<Connection> connection_;
};

std::string cannot_be_read(std::filesystem::path const& ca_file, error_code error) {
    return fmt::format("{} cannot be read as certificates in PEM: {}", ca_file.string(),
                       error.message());
}

asio::ssl::context trusting(std::optional<std::filesystem::path> const& ca_file) {
    auto tls = asio::ssl::context(asio::ssl::context::tls_client);
    if (SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) != 1)
        throw Failure("OpenSSL on this machine does not offer TLS 1.2");
    tls.set_verify_mode(asio::ssl::verify_peer);
    error_code error;
    if (ca_file) {
        tls.load_verify_file(ca_file->string(), error);
        if (error) throw ConfigError(fmt::format("ca_file {}", cannot_be_read(*ca_file, error)));
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

std::optional<std::string> complaint_about(std::filesystem::path const& ca_file) {
    auto trial = asio::ssl::context(asio::ssl::context::tls_client);
    error_code error;
    trial.load_verify_file(ca_file.string(), error);
    if (!error) return std::nullopt;
    return cannot_be_read(ca_file, error);
}

HttpsClient::HttpsClient(asio::any_io_executor executor,
                         std::optional<std::filesystem::path> const& ca_file, HttpsLimits limits)
    : executor_(std::move(executor))
    , tls_(trusting(ca_file))
    , limits_(limits)
    , idle_(std::make_unique<IdleConnections>(executor_, limits_.idle_ms_max)) {}

HttpsClient::~HttpsClient() = default;

std::size_t HttpsClient::idle() const { return idle_->size(); }

void HttpsClient::close_idle() { idle_->close(); }

asio::awaitable<HttpsResponse> HttpsClient::get(Url url, Headers headers) {
    auto const host = url.host;
    Exchange exchange(executor_, tls_, *idle_, limits_, url, headers);
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
