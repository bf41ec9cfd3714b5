// Any bytes as what a server sends: the reader ends with a response within its limits or with an error, and it is the same
// response in whatever pieces the bytes come.
#include "market/response_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace portfoliod::market;

namespace {

constexpr HttpsLimits limits{.header_bytes_max = 512, .body_bytes_max = 1024};

/// The status and body; "" for an error: of which kind may depend on how much the parser had seen before the end.
std::string read_in(std::string_view bytes, std::size_t piece) {
    try {
        ResponseReader reader{"example.org", limits};
        while (!bytes.empty() && !reader.is_done()) {
            auto const taken = boost::asio::buffer_copy(
                reader.room(), boost::asio::buffer(bytes.substr(0, piece)));
            bytes.remove_prefix(taken);
            reader.received(taken);
        }
        if (!reader.is_done()) reader.closed(boost::asio::error::eof);
        auto const response = reader.release();
        if (response.body.size() > limits.body_bytes_max) std::abort();
        return fmt::format("{} {}", response.status, response.body);
    } catch (HttpsError const&) {
        return "";
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes{reinterpret_cast<char const*>(data), size};
    auto const whole = read_in(bytes, bytes.size());
    for (auto const piece : {std::size_t{1}, std::size_t{13}})
        if (auto const other = read_in(bytes, piece); other != whole) {
            fmt::print(stderr, "whole: {}\nin pieces of {}: {}\n", whole, piece, other);
            std::abort();
        }
    return 0;
}
