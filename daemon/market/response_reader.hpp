#pragma once

#include "market/https.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>

#include <string>

namespace portfoliod::market {

/// One HTTP/1 response out of the bytes as they come in, in whatever pieces. Pure: whoever owns the
/// connection reads into room() and tells received(), until is_done().
class ResponseReader {
  public:
    /// `host` is for messages.
    ResponseReader(std::string host, HttpsLimits const& limits);

    /// Where the next bytes go.
    boost::asio::mutable_buffer room();
    /// So many of them came. Throws HttpsError: too_large, protocol.
    void received(std::size_t bytes);
    /// No more will come, for this reason. Throws HttpsError unless the end is also that of the body.
    void closed(boost::system::error_code why);

    [[nodiscard]] bool is_done() const { return parser_.is_done(); }

    /// Whether the headers are complete.
    [[nodiscard]] bool has_begun() const { return parser_.is_header_done(); }

    /// When it is done: whether its sender keeps the connection for another, and sent nothing behind this one.
    [[nodiscard]] bool keeps_connection() const;

    /// Once, when it is done. Throws HttpsError for an encoding nobody asked for.
    HttpsResponse release();

  private:
    [[noreturn]] void fail(boost::system::error_code error) const;

    std::string host_;
    HttpsLimits limits_;
    boost::beast::flat_buffer buffer_;
    boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
};

/// Whether this is how a connection ends that the other side closed or lost.
bool is_cut_off(boost::system::error_code error);
std::string in_words(boost::system::error_code error);

} // namespace portfoliod::market
