#include "support/waiting.hpp"

#include "bus/channels.hpp"

#include <doctest/doctest.h>

#include <poll.h>

namespace portfoliod::test {

namespace {

std::vector<std::string> all_channels() {
    auto channels = bus::channels::listened();
    channels.emplace_back(bus::channels::portfolio_updated);
    return channels;
}

} // namespace

Waiting::Waiting(Database& database)
    : database_(database), listening_({database.url(), "test"}, all_channels()) {}

void Waiting::until(std::string_view query, std::string_view expected, std::chrono::seconds limit) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        auto const is = database_.value(query);
        if (is == expected) return;
        auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            FAIL("after ", limit.count(), " s ", std::string{query}, " is still ", is, ", not ",
                 std::string{expected});
        }
        // Changes that nobody announces (a job put off) are seen at the latest a tenth of a second
        // later.
        auto readable = pollfd{listening_.socket(), POLLIN, 0};
        ::poll(&readable, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 100)));
        listening_.take();
    }
}

} // namespace portfoliod::test
