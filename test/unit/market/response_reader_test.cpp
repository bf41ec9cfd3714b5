#include "market/response_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

namespace portfoliod::market {

namespace {

/// Feeds the bytes in pieces of `piece`, then the end of the connection.
HttpsResponse read_in(std::string_view bytes, std::size_t piece, HttpsLimits const& limits = {}) {
    ResponseReader reader{"example.org", limits};
    while (!bytes.empty() && !reader.is_done()) {
        auto const taken =
            boost::asio::buffer_copy(reader.room(), boost::asio::buffer(bytes.substr(0, piece)));
        bytes.remove_prefix(taken);
        reader.received(taken);
    }
    if (!reader.is_done()) reader.closed(boost::asio::error::eof);
    return reader.release();
}

std::optional<HttpsError::Kind> failure(std::string_view bytes, HttpsLimits const& limits = {}) {
    try {
        read_in(bytes, bytes.size(), limits);
    } catch (HttpsError const& e) {
        return e.kind;
    }
    return std::nullopt;
}

} // namespace

TEST_CASE("a response is the same in whatever pieces it comes") {
    constexpr std::string_view sized = "HTTP/1.1 429 Too Many\r\nContent-Length: 5\r\nRetry-After: "
                                       "30\r\nContent-Type: text/x\r\n\r\nhello";
    constexpr std::string_view chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    constexpr std::string_view unsized = "HTTP/1.0 200 OK\r\n\r\nhello";
    for (auto const piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}})
        for (auto const bytes : {sized, chunked, unsized}) {
            auto const response = read_in(bytes, piece);
            CHECK(response.body == "hello");
            CHECK(response.status == (bytes == sized ? 429 : 200));
            CHECK(response.retry_after.value_or("") == (bytes == sized ? "30" : ""));
        }
}

TEST_CASE("what is cut, too long or no HTTP has its own kind of error") {
    using Kind = HttpsError::Kind;
    CHECK(failure("") == Kind::cut_off);
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-") == Kind::cut_off);
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello") == Kind::cut_off);
    CHECK(failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n") ==
          Kind::cut_off);
    CHECK(failure("SSH-2.0-OpenSSH_9.2\r\n\r\n") == Kind::protocol);
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nhello") == Kind::protocol);
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n") ==
          Kind::protocol);
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", {.body_bytes_max = 10}) ==
          Kind::too_large);
    CHECK(failure("HTTP/1.1 200 OK\r\n" + std::string(3000, 'a') + ": b\r\n\r\n",
                  {.header_bytes_max = 2000}) == Kind::too_large);
    CHECK(failure("HTTP/1.1 200 OK\r\n" + std::string(3000, 'a'), {.header_bytes_max = 2000}) ==
          Kind::too_large);
}

TEST_CASE("chunks whose sizes are none, or more than there may be, are no body") {
    using Kind = HttpsError::Kind;
    auto const chunked = [](std::string const& chunks) {
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
    };
    for (auto const* const chunks :
         {"xyz\r\nhello\r\n", "-5\r\nhello\r\n", "\r\nhello\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
          "ffffffffffffffffff\r\nhello\r\n", "5 6\r\nhello\r\n0\r\n\r\n"}) {
        CAPTURE(std::string{chunks});
        CHECK(failure(chunked(chunks)) == Kind::protocol);
    }
    CHECK(failure(chunked("7fffffff\r\nhello")) == Kind::too_large);
    CHECK(failure(chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), {.body_bytes_max = 10}) ==
          Kind::too_large);
    // A size may be followed by an extension, but by none without end.
    CHECK(!failure(chunked("5;a=b\r\nhello\r\n0\r\n\r\n")));
    CHECK(failure(chunked("5;" + std::string(100'000, 'a'))) == Kind::too_large);
    CHECK(failure(chunked("0\r\n" + std::string(100'000, 'a'))) == Kind::too_large);
    CHECK(failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"));
}

TEST_CASE("a body without a length ends with the farewell, and is not believed without one") {
    ResponseReader reader{"example.org", {}};
    constexpr std::string_view bytes = "HTTP/1.1 200 OK\r\n\r\n[1, 2";
    reader.received(boost::asio::buffer_copy(reader.room(), boost::asio::buffer(bytes)));
    CHECK_THROWS_AS(reader.closed(boost::asio::ssl::error::stream_truncated), HttpsError);
    CHECK(read_in(bytes, bytes.size()).body == "[1, 2");
}

} // namespace portfoliod::market
