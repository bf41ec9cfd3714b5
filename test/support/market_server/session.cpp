#include "support/market_server/session.hpp"

#include "base/timeout.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <netinet/tcp.h>
#include <utility>

namespace portfoliod::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// No wait for a request, and no answer, outlives this; above the minute of Fault::slow.
constexpr std::chrono::minutes step_max{2};

/// What goes down the wire, and how.
struct Plan {
    std::string text;
    std::string then_once = {};     ///< a write of its own, that arrives with the one before
    std::string then_for_ever = {}; ///< repeated until the client leaves
    bool stays = false;             ///< waits for another request on this connection
    bool farewell = true; ///< TLS's close_notify, otherwise; the socket is closed either way
    bool reset = false;   ///< what was not read is thrown away, and the client told so
    milliseconds before{0};
    milliseconds between_bytes{0};
};

enum class Framing { length, chunked, none };

std::string head(Reply const& reply, Framing framing = Framing::length) {
    auto const reason =
        http::obsolete_reason(http::int_to_status(static_cast<unsigned>(reply.status)));
    auto text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n{}", reply.status,
                            std::string_view(reason.data(), reason.size()), reply.content_type,
                            reply.extra_headers);
    if (framing == Framing::length)
        text += fmt::format("Content-Length: {}\r\n", reply.body.size());
    if (framing == Framing::chunked) text += "Transfer-Encoding: chunked\r\n";
    if (framing == Framing::none) text += "Connection: close\r\n";
    return text + "\r\n";
}

std::string chunk(std::string_view data) {
    return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
}

Plan whole(Reply const& reply) { return {.text = head(reply) + reply.body, .stays = true}; }

Plan plan(Misbehaviour const& how, Reply const& right) {
    auto const half = right.body.substr(0, right.body.size() / 2);
    auto const filler = std::string(64 * 1024, ' ');
    auto const retry_after =
        how.retry_after ? fmt::format("Retry-After: {}\r\n", *how.retry_after) : "";
    auto const delay_or = [&](milliseconds usual) {
        return how.delay.count() > 0 ? how.delay : usual;
    };
    switch (how.fault) {
    case Fault::too_many:
        return whole({429, "text/plain", "Edge: Too Many Requests", retry_after});
    case Fault::server_error:
        return whole({500, "text/plain", "Internal Server Error", retry_after});
    case Fault::denied:
        return whole({401, "text/plain", "Unauthorized"});
    case Fault::html:
        return whole({200, "text/html", "<!DOCTYPE html><html><body>Please agree</body></html>"});
    case Fault::redirect:
        return whole({302, "text/plain", "", "Location: /redirected\r\n"});
    case Fault::compressed:
        return whole({200, "application/json", "\x1f\x8b\x08", "Content-Encoding: gzip\r\n"});
    case Fault::last: {
        auto last = right;
        last.extra_headers += "Connection: close\r\n";
        return whole(last);
    }
    case Fault::slow: {
        auto late = whole(right);
        late.before = delay_or(std::chrono::minutes(1));
        return late;
    }
    case Fault::drip: {
        auto dripping = whole(right);
        dripping.between_bytes = delay_or(milliseconds(20));
        return dripping;
    }
    case Fault::cut:
        return {.text = head(right) + half, .farewell = false};
    case Fault::cut_politely:
        return {.text = head(right) + half};
    case Fault::cut_chunked:
        return {.text = head(right, Framing::chunked) + chunk(half)};
    case Fault::cut_unsized:
        return {.text = head(right, Framing::none) + half, .farewell = false};
    case Fault::reset:
        return {.text = head(right) + half, .farewell = false, .reset = true};
    case Fault::hang_up:
        return {};
    case Fault::surplus: {
        auto twice = whole(right);
        twice.then_once = whole({500, "text/plain", "nobody asked"}).text;
        return twice;
    }
    case Fault::early_hints: {
        auto late = whole(right);
        late.then_once = std::exchange(late.text, "HTTP/1.1 103 Early Hints\r\n\r\n");
        return late;
    }
    case Fault::garbage:
        return {.text = "\x01\x02SSH-2.0-no HTTP here\r\n\r\n"};
    case Fault::endless_headers:
        return {.text = "HTTP/1.1 200 OK\r\n",
                .then_for_ever = fmt::format("X-More: {:a<1000}\r\n", "")};
    case Fault::huge:
        return {.text = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
                .then_for_ever = filler};
    case Fault::endless_body:
        return {.text = head(right, Framing::chunked), .then_for_ever = chunk(filler)};
    }
    return {};
}

class Session {
  public:
    Session(tcp::socket socket, asio::ssl::context& tls, State& state, Connections& connections)
        : stream_(std::move(socket), tls)
        , state_(state)
        , connections_(connections)
        , place_(connections.all.insert(connections.all.end(), {&stream_.next_layer()})) {}

    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    ~Session() {
        connections_.all.erase(place_);
        connections_.ended();
    }

    asio::awaitable<void> run() {
        auto shaking = stream_.async_handshake(asio::ssl::stream_base::server, use_awaitable);
        co_await with_timeout(std::move(shaking), step_max);
        do {
            auto receiving = receive();
            co_await with_timeout(std::move(receiving), step_max);
            auto answering = carry_out();
            co_await with_timeout(std::move(answering), step_max);
        } while (plan_.stays);
    }

  private:
    asio::awaitable<void> receive() {
        place_->idle = true;
        if (place_->leaves) stream_.next_layer().close();
        http::request<http::string_body> message;
        co_await http::async_read(stream_, buffer_, message, use_awaitable);
        place_->idle = false;
        auto const target = message.target();
        plan_ = planned(Request::parse({target.data(), target.size()}));
    }

    Plan planned(Request const& request) {
        if (request.path == "/control" || request.path.starts_with("/control/"))
            return whole(control(request, state_));
        auto const misbehaviour = state_.received(request);
        auto const right = state_.answer(request);
        return misbehaviour ? plan(*misbehaviour, right) : whole(right);
    }

    asio::awaitable<void> carry_out() {
        co_await pause(plan_.before);
        cork(!plan_.then_once.empty());
        if (plan_.between_bytes.count() == 0) {
            co_await asio::async_write(stream_, asio::buffer(plan_.text), use_awaitable);
        } else {
            for (auto const& byte : plan_.text) {
                co_await asio::async_write(stream_, asio::buffer(&byte, 1), use_awaitable);
                co_await pause(plan_.between_bytes);
            }
        }
        if (!plan_.then_once.empty()) {
            co_await asio::async_write(stream_, asio::buffer(plan_.then_once), use_awaitable);
            cork(false);
        }
        while (!plan_.then_for_ever.empty())
            co_await asio::async_write(stream_, asio::buffer(plan_.then_for_ever), use_awaitable);
        if (plan_.stays) co_return;
        error_code already_gone;
        if (plan_.reset)
            stream_.next_layer().set_option(asio::socket_base::linger(true, 0), already_gone);
        if (plan_.farewell)
            co_await stream_.async_shutdown(asio::redirect_error(use_awaitable, already_gone));
    }

    /// So that two writes arrive together.
    void cork(bool on) {
        using Cork = asio::detail::socket_option::boolean<IPPROTO_TCP, TCP_CORK>;
        stream_.next_layer().set_option(Cork{on});
    }

    asio::awaitable<void> pause(milliseconds time) {
        asio::steady_timer timer(stream_.get_executor(), time);
        co_await timer.async_wait(use_awaitable);
    }

    asio::ssl::stream<tcp::socket> stream_;
    State& state_;
    Connections& connections_;
    std::list<Connections::One>::iterator place_;
    boost::beast::flat_buffer buffer_;
    Plan plan_;
};

} // namespace

asio::awaitable<void> serve(tcp::socket socket, asio::ssl::context& tls, State& state,
                            Connections& connections) {
    Session session(std::move(socket), tls, state, connections);
    co_await session.run();
}

} // namespace portfoliod::test
