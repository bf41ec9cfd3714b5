#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace portfoliod::market {

/// An https address taken apart. Throws std::invalid_argument for anything that is not https.
struct Url {
    std::string host;
    std::string port;   ///< "443" when the address names none
    std::string target; ///< path and query, at least "/"

    static Url parse(std::string_view text);
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpsResponse {
    int status = 0;
    std::string body;
    std::string content_type;
    std::optional<std::string> retry_after; ///< as sent: seconds or an HTTP date
};

/// No answer was had, or none that may be believed. what() says why in words for the journal,
/// without the query.
class HttpsError : public std::runtime_error {
  public:
    enum class Kind { resolve, connect, certificate, timeout, cut_off, too_large, protocol };

    HttpsError(Kind kind, std::string const& what) : std::runtime_error(what), kind(kind) {}

    Kind kind;
};

struct HttpsLimits {
    std::size_t header_bytes_max = std::size_t{16} * 1024;
    std::size_t body_bytes_max = std::size_t{16} * 1024 * 1024;
    std::chrono::milliseconds total_ms_max{30'000}; ///< from resolving to the body's last byte
    std::chrono::milliseconds idle_ms_max{
        30'000}; ///< a connection that nobody uses is closed then; 0: at once
};

class IdleConnections;

/// What is wrong with a ca_file; nothing when it holds certificates in PEM.
std::optional<std::string> complaint_about(std::filesystem::path const& ca_file);

/// GET over TLS >= 1.2 with the certificate and the host name verified; there is no switch against
/// it, only an extra CA file. No redirects are followed: a 3xx is an answer like any other.
///
/// A connection is kept for the next request to its host, unless the server says "Connection: close" or the answer was not a whole one.
/// A server may close one just when it is used again: a request that fails on such a connection before a byte of the answer came is
/// sent once more on a new one (RFC 9112, 9.3.1), within the same deadline.
class HttpsClient {
  public:
    /// Trusts the system's CAs, or only those of ca_file when one is given. Throws ConfigError when
    /// it cannot be read.
    HttpsClient(boost::asio::any_io_executor executor,
                std::optional<std::filesystem::path> const& ca_file, HttpsLimits limits = {});
    HttpsClient(HttpsClient const&) = delete;
    HttpsClient& operator=(HttpsClient const&) = delete;
    ~HttpsClient(); ///< no request is under way

    /// Throws HttpsError; a status of any kind is a response. When the task is cancelled:
    /// system_error operation_aborted.
    boost::asio::awaitable<HttpsResponse> get(Url url, Headers headers);

    /// Connections that wait for the next request. While there are any, the loop has work.
    [[nodiscard]] std::size_t idle() const;
    void close_idle();

  private:
    boost::asio::any_io_executor executor_;
    boost::asio::ssl::context tls_;
    HttpsLimits limits_;
    std::unique_ptr<IdleConnections> idle_;
};

} // namespace portfoliod::market
