#include "market/response_reader.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace portfoliod::market {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Kind = HttpsError::Kind;

namespace {

constexpr std::size_t chunk_bytes_max = std::size_t{64} * 1024;

} // namespace

ResponseReader::ResponseReader(std::string host, HttpsLimits const& limits)
    : host_(std::move(host)), limits_(limits), buffer_(limits.header_bytes_max + chunk_bytes_max) {
    parser_.header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
    parser_.body_limit(limits_.body_bytes_max);
    parser_.eager(true);
}

asio::mutable_buffer ResponseReader::room() { return buffer_.prepare(chunk_bytes_max); }

void ResponseReader::received(std::size_t bytes) {
    buffer_.commit(bytes);
    while (buffer_.size() > 0 && !parser_.is_done()) {
        error_code error;
        auto const used = parser_.put(buffer_.data(), error);
        buffer_.consume(used);
        if (error == http::error::need_more) {
            // The parser waits for the end of a header, however long: what it leaves must stay within the limit.
            if (buffer_.size() > limits_.header_bytes_max) fail(http::error::header_limit);
            return;
        }
        if (error) fail(error);
    }
}

void ResponseReader::closed(error_code why) {
    // Where nothing says how long the body is, it ends with the connection; only a farewell can be told from a cut.
    if (why == asio::error::eof && parser_.got_some() && !parser_.is_done()) {
        error_code error;
        parser_.put_eof(error);
        if (error) fail(error);
        return;
    }
    fail(why == asio::error::eof ? error_code{http::error::end_of_stream} : why);
}

bool ResponseReader::keeps_connection() const {
    // After one below 200 the real answer is still to come.
    return parser_.keep_alive() && buffer_.size() == 0 && parser_.get().result_int() >= 200;
}

HttpsResponse ResponseReader::release() {
    auto message = parser_.release();
    HttpsResponse response;
    response.status = static_cast<int>(message.result_int());
    response.content_type = message[http::field::content_type];
    if (auto const found = message.find(http::field::retry_after); found != message.end())
        response.retry_after = found->value();
    auto const is_one_of = [&message](http::field field, std::string_view plain) {
        auto const encoding = message[field];
        return encoding.empty() || boost::beast::iequals(encoding, plain);
    };
    bool const is_plain = is_one_of(http::field::content_encoding, "identity") &&
                          is_one_of(http::field::transfer_encoding, "chunked");
    if (!is_plain && response.status == 200)
        throw HttpsError(
            Kind::protocol,
            fmt::format("{} sent a compressed answer, though none was asked for", host_));
    if (is_plain) response.body = std::move(message.body());
    return response;
}

void ResponseReader::fail(error_code error) const {
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        throw HttpsError(Kind::too_large, fmt::format("{} sent headers of more than {} bytes",
                                                      host_, limits_.header_bytes_max));
    if (error == http::error::body_limit)
        throw HttpsError(Kind::too_large, fmt::format("the answer of {} is larger than {} bytes",
                                                      host_, limits_.body_bytes_max));
    if (error == http::error::end_of_stream)
        throw HttpsError(Kind::cut_off,
                         fmt::format("{} closed the connection without an answer", host_));
    if (is_cut_off(error))
        throw HttpsError(Kind::cut_off, fmt::format("the answer of {} broke off midway: {}", host_,
                                                    in_words(error)));
    throw HttpsError(Kind::protocol,
                     fmt::format("{} did not answer in HTTP: {}", host_, error.message()));
}

bool is_cut_off(error_code error) {
    return error == asio::ssl::error::stream_truncated || error == asio::error::eof ||
           error == http::error::partial_message ||
           error.category() == asio::error::get_system_category();
}

std::string in_words(error_code error) {
    if (error == asio::ssl::error::stream_truncated || error == asio::error::eof ||
        error == http::error::partial_message)
        return "the connection was closed";
    return error.message();
}

} // namespace portfoliod::market
