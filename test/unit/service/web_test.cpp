#include "base/error.hpp"
#include "service/web.hpp"
#include "support/web_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <thread>

using namespace portfoliod;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

asio::awaitable<service::WebPage> page(std::string path) {
    if (path == "/page") co_return service::WebPage{200, "words\n"};
    co_return service::WebPage{404, "nothing\n"};
}

unsigned short free_port() {
    asio::io_context loop;
    return asio::ip::tcp::acceptor{loop, {asio::ip::address_v4::loopback(), 0}}
        .local_endpoint()
        .port();
}

/// A server on a loop and a thread of its own.
class Running {
  public:
    explicit Running(service::WebLimits limits = {})
        : tasks_(loop_.get_executor(), [](auto, auto const& error) { FAIL(describe(error)); })
        , server_(loop_.get_executor(), tasks_, page, limits) {
        server_.prepare(service::WebAddress{"127.0.0.1", port});
        server_.listen();
        thread_ = std::thread{[this] { loop_.run(); }};
    }

    Running(Running const&) = delete;
    Running& operator=(Running const&) = delete;

    ~Running() {
        asio::post(loop_, [this] { tasks_.stop(); });
        thread_.join();
    }

    unsigned short const port = free_port();

  private:
    asio::io_context loop_{1};
    Tasks tasks_;
    service::WebServer server_;
    std::thread thread_;
};

test::WebAnswer say(unsigned short port, std::string const& request) {
    test::WebClient client{port};
    client.send(request);
    return test::parse_answer(client.rest());
}

} // namespace

TEST_CASE("a page is served to GET, whatever stands behind its path, and nothing else") {
    Running const server;
    auto const answer = test::web_get(server.port, "/page?x=1");
    CHECK(answer.status == 200);
    CHECK(answer.body == "words\n");
    CHECK(answer.head.find("Content-Length: 6") != std::string::npos);
    CHECK(answer.head.find("Connection: close") != std::string::npos);
    CHECK(test::web_get(server.port, "/other").status == 404);
    CHECK(say(server.port, "HEAD /page HTTP/1.1\r\n\r\n").body.empty());
    CHECK(say(server.port, "POST /page HTTP/1.1\r\nContent-Length: 0\r\n\r\n").status == 405);
    CHECK(say(server.port, "nonsense\r\n\r\n").status == 400);
}

TEST_CASE("a head without end is refused, and a connection that says nothing is closed in time") {
    Running const server{{16, 1024, 300ms}};
    CHECK(say(server.port, "GET /page HTTP/1.1\r\nX: " + std::string(2000, 'x')).status == 431);
    test::WebClient silent{server.port};
    CHECK(silent.rest().empty());
    test::WebClient slow{server.port};
    slow.send("GET /pa");
    CHECK(slow.rest().empty());
    CHECK(test::web_get(server.port, "/page").status == 200);
}

TEST_CASE("more connections than the limit wait for their turn") {
    Running const server{{2, 1024, 500ms}};
    test::WebClient first{server.port};
    test::WebClient second{server.port};
    // Served when one of the two is closed for its silence.
    CHECK(test::web_get(server.port, "/page").status == 200);
    CHECK(first.rest().empty());
    CHECK(second.rest().empty());
}

TEST_CASE("an address that cannot be used is refused, and the old one goes on") {
    asio::io_context loop{1};
    Tasks tasks{loop.get_executor(), [](auto, auto const& error) { FAIL(describe(error)); }};
    service::WebServer server{loop.get_executor(), tasks, page};
    auto const port = free_port();
    server.prepare(service::WebAddress{"127.0.0.1", port});
    server.listen();
    asio::ip::tcp::acceptor const taken{loop, {asio::ip::address_v4::loopback(), 0}};
    auto const other = service::WebAddress{"127.0.0.1", taken.local_endpoint().port()};
    CHECK_THROWS_AS(server.prepare(other), Failure);
    server.stay();
    auto thread = std::thread{[&] { loop.run(); }};
    CHECK(test::web_get(port, "/page").status == 200);
    asio::post(loop, [&] {
        server.prepare(std::nullopt);
        server.listen();
    });
    thread.join(); // nothing is left to wait for
    CHECK_THROWS_AS(test::WebClient{port}, boost::system::system_error);
}
