#include "base/error.hpp"
#include "base/timeout.hpp"
#include "market/https.hpp"
#include "support/market_server/market_server.hpp"
#include "unit/market/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <string>
#include <thread>

using namespace portfoliod;
using market::HttpsClient;
using market::HttpsError;
using market::HttpsLimits;
using market::HttpsResponse;
using market::Url;
using test::Fault;
using test::Shown;
using Kind = HttpsError::Kind;
using std::chrono::milliseconds;

namespace asio = boost::asio;

namespace doctest {
template <>
struct StringMaker<Kind> {
    static String convert(Kind kind) { return toString(static_cast<int>(kind)); }
};
} // namespace doctest

namespace {

constexpr char const* quote = "/v8/finance/chart/AAPL?interval=1d&range=1d";

test::MarketServer& server() {
    static test::MarketServer one;
    one.behave();
    one.show(Shown::good);
    one.forget_requests();
    return one;
}

HttpsResponse get(std::string const& url, std::filesystem::path const& ca_file,
                  HttpsLimits limits = {}, market::Headers headers = {}) {
    asio::io_context loop;
    HttpsClient client(loop.get_executor(), ca_file, limits);
    return test::run(loop, client.get(Url::parse(url), std::move(headers)));
}

/// The error a GET ends with.
HttpsError failure(test::MarketServer const& from, HttpsLimits limits = {},
                   std::string const& url = "") {
    try {
        auto const response = get(url.empty() ? from.url(quote) : url, from.ca_file(), limits);
        FAIL("answered with ", response.status);
    } catch (HttpsError const& error) {
        return error;
    }
    return {Kind::protocol, ""};
}

bool says(HttpsError const& error, std::string_view text) {
    CAPTURE(error.what());
    bool const found = std::string_view(error.what()).find(text) != std::string_view::npos;
    CHECK(found);
    return found;
}

/// From now on the peak is counted anew.
void forget_peak() { std::ofstream{"/proc/self/clear_refs"} << "5"; }

/// The most memory this process has held.
long peak_kb() {
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;)
        if (word == "VmHWM:" && status >> word) return std::stol(word);
    return 0;
}

constexpr HttpsLimits impatient{.total_ms_max = milliseconds(250)};

} // namespace

TEST_CASE("an answer comes with its status, type and whole body") {
    auto& from = server();
    auto const response = get(from.url(quote), from.ca_file());
    CHECK(response.status == 200);
    CHECK(response.content_type == "application/json");
    CHECK(response.body.starts_with(R"({"chart":{"result":[{"meta":{"currency":"USD")"));
    CHECK(response.body.ends_with(R"("error":null}})"));
    CHECK(from.requests() == std::vector<std::string>{quote});
}

TEST_CASE("a host given as an IP address is verified against the addresses of the certificate") {
    auto& from = server();
    auto const url = fmt::format("https://127.0.0.1:{}{}", from.port(), quote);
    CHECK(get(url, from.ca_file()).status == 200);
    from.show(Shown::wrong_name);
    CHECK(failure(from, {}, url).kind == Kind::certificate);
}

TEST_CASE("a self-signed certificate is not accepted") {
    auto& from = server();
    from.show(Shown::self_signed);
    auto const error = failure(from);
    CHECK(error.kind == Kind::certificate);
    CHECK(says(error, "certificate of localhost was not accepted: self-signed certificate"));
    CHECK(says(error, "ca_file"));
    CHECK(from.requests().empty());
}

TEST_CASE("a certificate of a CA nobody named is not accepted") {
    auto& from = server();
    test::MarketServer const other;
    HttpsError error(Kind::protocol, "");
    try {
        get(from.url(quote), other.ca_file());
    } catch (HttpsError const& e) {
        error = e;
    }
    CHECK(error.kind == Kind::certificate);
}

TEST_CASE("an expired certificate is not accepted") {
    auto& from = server();
    from.show(Shown::expired);
    auto const error = failure(from);
    CHECK(error.kind == Kind::certificate);
    CHECK(says(error, "certificate has expired"));
}

TEST_CASE("a certificate made out to another host is not accepted") {
    auto& from = server();
    from.show(Shown::wrong_name);
    auto const error = failure(from);
    CHECK(error.kind == Kind::certificate);
    CHECK(says(error, "it is made out to wrong.example"));
}

TEST_CASE("TLS older than 1.2 is not spoken") {
    test::MarketServer const old({.only_old_tls = true});
    auto const error = failure(old);
    CHECK(error.kind == Kind::protocol);
    CHECK(says(error, "no TLS connection with localhost"));
}

TEST_CASE("a CA file that cannot be read is a mistake in the configuration") {
    asio::io_context loop;
    CHECK_THROWS_AS(HttpsClient(loop.get_executor(), "/nowhere/ca.pem"), ConfigError);
}

TEST_CASE("an answer that is late is given up at the deadline") {
    auto& from = server();
    from.misbehave({.fault = Fault::slow});
    auto const error = failure(from, impatient);
    CHECK(error.kind == Kind::timeout);
    CHECK(says(error, "localhost gave no complete answer within 250ms; it was cut short while "
                      "waiting for its answer"));
}

TEST_CASE("the deadline is one for the whole answer: bytes that drip in do not extend it") {
    auto& from = server();
    from.misbehave({.fault = Fault::drip});
    CHECK(failure(from, impatient).kind == Kind::timeout);
}

TEST_CASE("a server that accepts and says nothing is given up at the deadline") {
    asio::io_context loop;
    asio::ip::tcp::acceptor const silent(loop, {asio::ip::address_v4::loopback(), 0});
    auto const error = failure(
        server(), impatient, fmt::format("https://127.0.0.1:{}/", silent.local_endpoint().port()));
    CHECK(error.kind == Kind::timeout);
    CHECK(says(error, "agreeing on TLS"));
}

TEST_CASE("a body that ends before its announced length is an error, with and without a farewell") {
    auto& from = server();
    for (auto const fault :
         {Fault::cut, Fault::cut_politely, Fault::cut_chunked, Fault::cut_unsized}) {
        CAPTURE(static_cast<int>(fault));
        from.misbehave({.fault = fault});
        auto const error = failure(from);
        CHECK(error.kind == Kind::cut_off);
        CHECK(says(error, "broke off midway: the connection was closed"));
    }
}

TEST_CASE("a connection that is reset in the middle of a body is an error") {
    auto& from = server();
    from.misbehave({.fault = Fault::reset});
    CHECK(failure(from).kind == Kind::cut_off);
}

TEST_CASE("a server that sends a gigabyte costs no more than the limit, in bytes and in time") {
    auto& from = server();
    for (auto const fault : {Fault::huge, Fault::endless_body, Fault::endless_headers}) {
        CAPTURE(static_cast<int>(fault));
        from.misbehave({.fault = fault});
        forget_peak();
        auto const before = peak_kb();
        auto const start = std::chrono::steady_clock::now();
        CHECK(failure(from).kind == Kind::too_large);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
        CHECK(peak_kb() < before + 128 * 1024); // the limit is 16 MiB, its buffer may grow twofold
    }
}

TEST_CASE("a connection closed without an answer is an error") {
    auto& from = server();
    from.misbehave({.fault = Fault::hang_up});
    auto const error = failure(from);
    CHECK(error.kind == Kind::cut_off);
    CHECK(says(error, "without an answer"));
}

TEST_CASE("a body above the limit is refused, announced or not") {
    auto& from = server();
    for (auto const fault : {Fault::huge, Fault::endless_body}) {
        from.misbehave({.fault = fault});
        auto const error = failure(from, {.body_bytes_max = 100'000});
        CHECK(error.kind == Kind::too_large);
        CHECK(says(error, "larger than 100000 bytes"));
    }
}

TEST_CASE("a body of exactly the limit is taken") {
    auto& from = server();
    auto const size = get(from.url(quote), from.ca_file()).body.size();
    CHECK(get(from.url(quote), from.ca_file(), {.body_bytes_max = size}).status == 200);
    CHECK(failure(from, {.body_bytes_max = size - 1}).kind == Kind::too_large);
}

TEST_CASE("headers without end are refused") {
    auto& from = server();
    from.misbehave({.fault = Fault::endless_headers});
    auto const error = failure(from);
    CHECK(error.kind == Kind::too_large);
    CHECK(says(error, "headers of more than 16384 bytes"));
}

TEST_CASE("what is not HTTP is an error") {
    auto& from = server();
    from.misbehave({.fault = Fault::garbage});
    CHECK(failure(from).kind == Kind::protocol);
}

TEST_CASE("a compressed answer nobody asked for is an error") {
    auto& from = server();
    from.misbehave({.fault = Fault::compressed});
    CHECK(failure(from).kind == Kind::protocol);
}

TEST_CASE("429 and 500 are answers, with Retry-After as it was sent") {
    auto& from = server();
    from.misbehave({.fault = Fault::too_many, .retry_after = "7"});
    from.misbehave({.fault = Fault::server_error, .retry_after = "Tue, 24 Nov 2026 10:00:00 GMT"});
    auto const throttled = get(from.url(quote), from.ca_file());
    CHECK(throttled.status == 429);
    CHECK(throttled.body == "Edge: Too Many Requests");
    CHECK(throttled.retry_after == "7");
    auto const broken = get(from.url(quote), from.ca_file());
    CHECK(broken.status == 500);
    CHECK(broken.retry_after == "Tue, 24 Nov 2026 10:00:00 GMT");
    CHECK_FALSE(get(from.url(quote), from.ca_file()).retry_after);
}

TEST_CASE("a redirect is an answer and is not followed") {
    auto& from = server();
    from.misbehave({.fault = Fault::redirect});
    CHECK(get(from.url(quote), from.ca_file()).status == 302);
    CHECK(from.requests().size() == 1);
}

TEST_CASE("a port where nobody listens is an error of the connection") {
    asio::io_context loop;
    unsigned short port = 0;
    {
        asio::ip::tcp::acceptor const gone(loop, {asio::ip::address_v4::loopback(), 0});
        port = gone.local_endpoint().port();
    }
    auto const error = failure(server(), {}, fmt::format("https://localhost:{}/", port));
    CHECK(error.kind == Kind::connect);
    CHECK(says(error, fmt::format("no connection to localhost port {}: Connection refused", port)));
}

TEST_CASE("a host that does not exist is an error of the look-up") {
    // .invalid never exists (RFC 6761); without any name server the look-up fails as well.
    auto const error = failure(server(), {}, "https://nobody.invalid/");
    CHECK(error.kind == Kind::resolve);
    CHECK(says(error, "nobody.invalid cannot be found"));
}

TEST_CASE("a header value with a line break is not sent and not told") {
    auto& from = server();
    try {
        get(from.url(quote), from.ca_file(), {}, {{"Authorization", "Token s3cret\r\nX: y"}});
        FAIL("was sent");
    } catch (HttpsError const& error) {
        CHECK(says(error, "header Authorization was not sent"));
        CHECK(std::string_view(error.what()).find("s3cret") == std::string_view::npos);
    }
    CHECK(from.requests().empty());
}

TEST_CASE("a cancelled request ends at once, whatever it waits for") {
    auto& from = server();
    for (auto const kind : {asio::cancellation_type::terminal, asio::cancellation_type::total}) {
        from.misbehave({.fault = Fault::slow});
        from.forget_requests();
        asio::io_context loop;
        HttpsClient client(loop.get_executor(), from.ca_file());
        asio::cancellation_signal cancel;
        std::exception_ptr error;
        auto request = [](HttpsClient& with, Url url) -> asio::awaitable<void> {
            co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
            auto answer = with.get(std::move(url), {});
            co_await std::move(answer);
        };
        asio::co_spawn(loop, request(client, Url::parse(from.url(quote))),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [&](std::exception_ptr const& e) { error = e; }));
        auto canceller = std::thread([&] {
            if (!from.wait_for(1, quote)) return;
            asio::post(loop, [&] { cancel.emit(kind); });
        });
        auto const start = std::chrono::steady_clock::now();
        loop.run();
        canceller.join();
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
        REQUIRE(error);
        CHECK_THROWS_AS(std::rethrow_exception(error), boost::system::system_error);
    }
}

namespace {

/// One that sees clients leave at once, as one does not that is slow.
test::MarketServer& prompt_server() {
    static test::MarketServer one;
    one.behave();
    one.forget_requests();
    return one;
}

/// A client that asks one question after the other, and the connections it needed for them.
struct Talk {
    explicit Talk(HttpsLimits limits = {}, test::MarketServer& from = prompt_server())
        : from(from), limits(limits) {}

    HttpsResponse ask() { return test::run(loop, client.get(Url::parse(from.url(quote)), {})); }

    HttpsError failure() {
        try {
            ask();
        } catch (HttpsError const& error) {
            return error;
        }
        return {Kind::protocol, ""};
    }

    /// Until it has let go of them all.
    void see_them_closed() {
        loop.restart();
        while (client.idle() > 0) REQUIRE(loop.run_one_for(std::chrono::seconds(10)) > 0);
    }

    [[nodiscard]] int connections() const { return from.connections() - before; }

    test::MarketServer& from;
    int before = from.connections();
    HttpsLimits limits;
    asio::io_context loop;
    HttpsClient client{loop.get_executor(), from.ca_file(), limits};
};

} // namespace

TEST_CASE("a connection is kept for the next request to the same host") {
    Talk talk;
    for (auto i = 0; i < 5; ++i) CHECK(talk.ask().status == 200);
    talk.from.misbehave({.fault = Fault::server_error});
    CHECK(talk.ask().status == 500);
    CHECK(talk.ask().status == 200);
    CHECK(talk.connections() == 1);
    CHECK(talk.client.idle() == 1);
}

TEST_CASE("a connection is not kept for another host") {
    Talk talk;
    talk.ask();
    auto const url = fmt::format("https://127.0.0.1:{}{}", talk.from.port(), quote);
    CHECK(test::run(talk.loop, talk.client.get(Url::parse(url), {})).status == 200);
    CHECK(talk.connections() == 2);
    CHECK(talk.client.idle() == 2);
}

TEST_CASE("requests at the same time have connections of their own, and four of them are kept") {
    Talk talk;
    auto const all = [](HttpsClient& with, std::string url) -> asio::awaitable<int> {
        auto left = 6;
        auto ended = asio::steady_timer(co_await asio::this_coro::executor,
                                        asio::steady_timer::time_point::max());
        for (auto i = 0; i < 6; ++i)
            asio::co_spawn(co_await asio::this_coro::executor, with.get(Url::parse(url), {}),
                           [&](std::exception_ptr const& error, HttpsResponse const&) {
                               CHECK_FALSE(error);
                               if (--left == 0) ended.cancel();
                           });
        boost::system::error_code cancelled;
        co_await ended.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        co_return left;
    };
    CHECK(test::run(talk.loop, all(talk.client, talk.from.url(quote))) == 0);
    CHECK(talk.connections() == 6);
    CHECK(talk.client.idle() == 4);
    CHECK(talk.from.wait_for_open(4));
}

TEST_CASE("a server that says \"Connection: close\" is taken at its word") {
    Talk talk;
    talk.from.misbehave({.fault = Fault::last});
    CHECK(talk.ask().status == 200);
    CHECK(talk.client.idle() == 0);
    CHECK(talk.ask().status == 200);
    CHECK(talk.connections() == 2);
}

TEST_CASE(
    "a connection that its server closes while nobody uses it is let go, and another one opened") {
    Talk talk;
    talk.ask();
    talk.from.close_idle();
    talk.see_them_closed();
    CHECK(talk.ask().status == 200);
    CHECK(talk.connections() == 2);
    CHECK(talk.from.requests().size() == 2);
}

TEST_CASE("a connection that nobody uses is closed after a while") {
    Talk talk{{.idle_ms_max = milliseconds(20)}};
    talk.ask();
    talk.see_them_closed();
    CHECK(talk.from.wait_for_open(0));
    CHECK(talk.ask().status == 200);
    CHECK(talk.connections() == 2);
}

TEST_CASE("a request on a kept connection that is closed without an answer is sent once more on a "
          "new one") {
    Talk talk;
    talk.ask();
    talk.from.misbehave({.fault = Fault::hang_up});
    CHECK(talk.ask().status == 200);
    CHECK(talk.from.requests().size() == 3);
    CHECK(talk.connections() == 2);
}

TEST_CASE("what a server sends beyond its answer is never taken for the next one") {
    for (auto const fault : {Fault::surplus, Fault::early_hints}) {
        CAPTURE(fault);
        Talk talk;
        talk.from.misbehave({.fault = fault});
        talk.ask();
        auto const next = talk.ask();
        CHECK(next.status == 200);
        CHECK(next.body == talk.ask().body);
        CHECK(talk.connections() == 2);
    }
}

TEST_CASE("it is not sent a third time") {
    Talk talk;
    talk.ask();
    talk.from.misbehave({.fault = Fault::hang_up, .times = 2});
    CHECK(talk.failure().kind == Kind::cut_off);
    CHECK(talk.from.requests().size() == 3);
}

TEST_CASE("a request on a new connection that is closed without an answer is not sent again") {
    Talk talk;
    talk.from.misbehave({.fault = Fault::hang_up});
    CHECK(talk.failure().kind == Kind::cut_off);
    CHECK(talk.from.requests().size() == 1);
}

TEST_CASE(
    "an answer that breaks off on a kept connection is an error, and asked for no second time") {
    Talk talk;
    for (auto const fault :
         {Fault::cut, Fault::cut_politely, Fault::cut_chunked, Fault::cut_unsized, Fault::reset}) {
        CAPTURE(static_cast<int>(fault));
        talk.ask();
        talk.from.forget_requests();
        talk.from.misbehave({.fault = fault});
        CHECK(talk.failure().kind == Kind::cut_off);
        CHECK(talk.from.requests().size() == 1);
        CHECK(talk.client.idle() == 0);
    }
}

TEST_CASE("the deadline holds for a kept connection, and one that ran into it is not kept") {
    Talk talk{impatient, server()};
    talk.ask();
    talk.from.misbehave({.fault = Fault::slow});
    CHECK(talk.failure().kind == Kind::timeout);
    CHECK(talk.from.requests().size() == 2);
    CHECK(talk.client.idle() == 0);
}

TEST_CASE("the limits of body and headers hold for a kept connection") {
    Talk talk{{.body_bytes_max = 100'000}};
    for (auto const fault : {Fault::huge, Fault::endless_body, Fault::endless_headers}) {
        talk.ask();
        talk.from.misbehave({.fault = fault});
        CHECK(talk.failure().kind == Kind::too_large);
        CHECK(talk.client.idle() == 0);
    }
}

TEST_CASE("a client that ends leaves no connection open, and none that it was told to close") {
    {
        Talk talk;
        talk.ask();
        CHECK(talk.from.wait_for_open(1));
        talk.client.close_idle();
        CHECK(talk.client.idle() == 0);
        talk.loop.restart();
        talk.loop.run(); // has nothing left to wait for
        CHECK(talk.from.wait_for_open(0));
        talk.ask();
        CHECK(talk.from.wait_for_open(1));
    }
    CHECK(prompt_server().wait_for_open(0));
}

TEST_CASE("an address is taken apart into host, port and target") {
    auto const url = Url::parse("HTTPS://api.example.com:8443/v1/a?b=%20c#fragment");
    CHECK(url.host == "api.example.com");
    CHECK(url.port == "8443");
    CHECK(url.target == "/v1/a?b=%20c");
    CHECK(Url::parse("https://example.com").target == "/");
    CHECK(Url::parse("https://example.com").port == "443");
    CHECK(Url::parse("https://example.com?a=b").target == "/?a=b");
    CHECK(Url::parse("https://[::1]:8443/x").host == "::1");
    CHECK(Url::parse("https://[::1]:8443/x").port == "8443");
}

TEST_CASE("what is no https address is refused") {
    for (auto const* const text :
         {"", "http://example.com", "https://", "https://:443/", "https://user:word@example.com/",
          "https://example.com:0/", "https://example.com:65536/", "https://example.com:x/",
          "https://exa mple.com/", "https://example.com/a b", "https://example.com/a\r\nX: y",
          "https://[::1/", "https://[::1]443/", "ftp://example.com"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(Url::parse(text), std::invalid_argument);
    }
}
