#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::test {

/// What can be wrong with an answer.
enum class Fault {
    too_many,     ///< "429": with Retry-After when one is given
    server_error, ///< "500"
    denied,       ///< "401"
    slow,         ///< the right answer after `delay`
    drip,         ///< the right answer byte by byte, `delay` between two
    cut, ///< Content-Length, half the body, then the connection is gone without TLS's farewell
    cut_politely, ///< the same with TLS's farewell
    cut_chunked,  ///< chunked, the last chunk missing, with TLS's farewell
    cut_unsized,  ///< no length, half the body, no TLS farewell
    reset,        ///< half the body, then TCP's reset
    hang_up,      ///< no answer at all
    surplus, ///< the right answer, and in a TLS record of its own a wrong one that nobody asked for
    early_hints,     ///< 103 first, and then the right answer
    html,            ///< 200 with a page for people
    garbage,         ///< bytes that are not HTTP
    endless_headers, ///< header after header, until the client leaves
    huge,            ///< announces a body of 1 GiB and sends it
    endless_body,    ///< chunks without end
    redirect,        ///< 302 to /redirected
    compressed,      ///< 200 with Content-Encoding: gzip
    last, ///< the right answer with "Connection: close", and yet the connection stays open
};

struct Misbehaviour {
    Fault fault = Fault::server_error;
    std::string path = "/"; ///< of requests whose path starts with this
    int times = 1;          ///< then all is well again; 0 = until told otherwise
    std::optional<std::string> retry_after = {}; ///< of 429 and 500, as it is: seconds or a date
    std::chrono::milliseconds delay{0};          ///< 0: a minute for slow, 20 ms for drip
    int percent =
        100; ///< of the requests that fit, by the server's dice, the others are answered well
};

/// "429", "500", "slow", "drip", "cut" … as /control calls them; otherwise the enumerators' own
/// names.
std::optional<Fault> parse_fault(std::string_view name);
std::vector<std::string_view> fault_names();

} // namespace portfoliod::test
